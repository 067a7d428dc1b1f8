import { type Room, ROOMS } from "./rooms.ts";

/** The room that a file belongs to, or undefined outside the product. */
export function roomOf(path: string): Room | undefined {
  return ROOMS.filter((room) => covers(room.path, path))
    .sort((a, b) => b.path.length - a.path.length)[0];
}

/** Whether files of a room may import this module. */
export function mayImport(room: Room, target: string): boolean {
  const other = roomOf(target);
  if (other === undefined) return room.mayImport.some((each) => target.startsWith(each));
  if (other === room) return room.isApart !== true;
  return room.mayImport.some((each) => covers(each, other.path));
}

function covers(place: string, path: string): boolean {
  if (place.endsWith("/.")) return `${path}.` === place;
  return place.endsWith("/") ? path.startsWith(place) : path === place;
}

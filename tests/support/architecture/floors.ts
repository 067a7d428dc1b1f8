import { mayImport } from "./room_imports.ts";
import { type Room, ROOMS } from "./rooms.ts";

/** The rooms that a room may import. */
function below(room: Room): Room[] {
  return ROOMS.filter((other) => other !== room && mayImport(room, other.path));
}

/**
 * The rooms by floor, the lowest first. A room's floor is one above the highest floor that it
 * imports.
 * @throws {Error} when rooms import each other in a cycle
 */
export function floors(): readonly (readonly Room[])[] {
  const floorOf = new Map<Room, number>();
  const place = (room: Room, above: readonly Room[]): number => {
    if (above.includes(room)) {
      throw new Error(`Cycle: ${[...above, room].map(({ path }) => path).join(" → ")}`);
    }
    const known = floorOf.get(room);
    if (known !== undefined) return known;
    const floor = 1 + Math.max(0, ...below(room).map((each) => place(each, [...above, room])));
    floorOf.set(room, floor);
    return floor;
  };
  for (const room of ROOMS) place(room, []);
  const top = Math.max(...floorOf.values());
  return Array.from(
    { length: top },
    (_, index) => ROOMS.filter((room) => floorOf.get(room) === index + 1),
  );
}

/** The table of rooms in CONTRIBUTING.md, one line per room. */
export function roomTable(): string[] {
  return ROOMS.map(({ path, holds, mayImport }) => {
    const targets = mayImport.map((each) => `\`${each}\``).join(" ");
    return `| \`${path}\` | ${holds} | ${targets === "" ? "nothing else" : targets} |`;
  });
}

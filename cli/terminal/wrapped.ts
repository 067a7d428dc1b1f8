import { oneLine } from "./log.ts";

/** A text in lines; a word that is longer than a line is cut. */
export function wrapped(text: string, width: number): string[] {
  const room = Math.max(width, 20);
  const lines: string[] = [];
  for (const word of oneLine(text.replaceAll(/\s+/g, " ")).split(" ")) {
    const last = lines.at(-1);
    if (last !== undefined && last.length + 1 + word.length <= room) {
      lines[lines.length - 1] = `${last} ${word}`;
    } else {
      for (let at = 0; at < Math.max(1, word.length); at += room) {
        lines.push(word.slice(at, at + room));
      }
    }
  }
  return lines;
}

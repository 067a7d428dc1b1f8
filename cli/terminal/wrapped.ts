import { divided, widthOf } from "./cells.ts";
import { oneLine } from "./log.ts";

/** A text in lines; a word that is longer than a line is divided. */
export function wrapped(text: string, width: number): string[] {
  const room = Math.max(width, 20);
  const lines: string[] = [];
  for (const word of oneLine(text.replaceAll(/\s+/g, " ")).split(" ")) {
    const last = lines.at(-1);
    if (last !== undefined && widthOf(last) + 1 + widthOf(word) <= room) {
      lines[lines.length - 1] = `${last} ${word}`;
    } else lines.push(...divided(word, room));
  }
  return lines;
}

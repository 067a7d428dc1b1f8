const PRINTABLE_ASCII = /^[\x20-\x7e]*$/;
/** Controls, directions, joiners, surrogates and marks, which change surrounding characters. */
const UNSAFE = /[\p{C}\p{M}\p{Zl}\p{Zp}]/gu;
/** Characters that take two columns: East Asian ones (Unicode's annex 11), and emoji. */
const WIDE =
  /[\u1100-\u115f\u2e80-\u303e\u3041-\ua4cf\ua960-\ua97f\uac00-\ud7a3\uf900-\ufaff\ufe30-\ufe6f\uff01-\uff60\uffe0-\uffe6\u{1b000}-\u{1b2ff}\u{1f300}-\u{1faff}\u{20000}-\u{3fffd}]|\p{Emoji_Presentation}/u;

/** Text of which every character takes its own columns; other characters become question marks. */
export function plainText(text: string): string {
  return PRINTABLE_ASCII.test(text) ? text : text.normalize("NFC").replace(UNSAFE, "?");
}

function columnsOf(character: string): number {
  return WIDE.test(character) ? 2 : 1;
}

/** Number of columns that plain text takes on a terminal. */
export function widthOf(text: string): number {
  if (PRINTABLE_ASCII.test(text)) return text.length;
  return [...text].reduce((sum, character) => sum + columnsOf(character), 0);
}

/** The text as plain text of at most `columns` columns; "…" replaces the cut part. */
export function fit(text: string, columns: number): string {
  const plain = plainText(text);
  if (widthOf(plain) <= columns) return plain;
  let kept = "";
  let left = columns - 1;
  for (const character of plain) {
    left -= columnsOf(character);
    if (left < 0) break;
    kept += character;
  }
  return columns > 0 ? `${kept}…` : "";
}

/** The text with blanks up to `columns` columns, after it or before it. */
export function pad(text: string, columns: number, side: "left" | "right" = "right"): string {
  const fitted = fit(text, columns);
  const blanks = " ".repeat(Math.max(0, columns - widthOf(fitted)));
  return side === "left" ? blanks + fitted : fitted + blanks;
}

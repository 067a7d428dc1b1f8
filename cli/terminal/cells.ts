import stringWidth from "fast-string-width";

const PRINTABLE_ASCII = /^[\x20-\x7e]*$/;
/**
 * Characters that change others on a terminal or have no known width, except joiners and tags,
 * which belong to graphemes.
 */
const UNSAFE = /(?![\u200c\u200d\u{e0020}-\u{e007f}])[\p{C}\p{Zl}\p{Zp}]/gu;
/** Joiners and tags: only emoji have them. */
const FORMAT = /\p{Cf}/u;
const EMOJI = /\p{Extended_Pictographic}/u;
/** Maximum length of a grapheme: the longest emoji have 15 code units. */
const MAX_GRAPHEME = 20;

const graphemes = new Intl.Segmenter("en", { granularity: "grapheme" });

/**
 * Text of which every grapheme takes its own columns; anything else becomes question marks, as a
 * control character, a mark without a letter, and a letter under a pile of marks.
 */
export function plainText(text: string): string {
  if (PRINTABLE_ASCII.test(text)) return text;
  let plain = "";
  for (const { segment } of graphemes.segment(text.normalize("NFC").replace(UNSAFE, "?"))) {
    plain += isShown(segment) ? segment : "?";
  }
  return plain;
}

function isShown(grapheme: string): boolean {
  return grapheme.length <= MAX_GRAPHEME && stringWidth(grapheme) > 0 &&
    (!FORMAT.test(grapheme) || EMOJI.test(grapheme));
}

/** Number of columns that plain text takes on a terminal. */
export function widthOf(text: string): number {
  return PRINTABLE_ASCII.test(text) ? text.length : stringWidth(text);
}

/** The text as plain text of at most `columns` columns; "…" replaces the cut part. */
export function fit(text: string, columns: number): string {
  const maxLength = (columns + 1) * MAX_GRAPHEME;
  const plain = plainText(text.length > maxLength ? text.slice(0, maxLength) : text);
  if (widthOf(plain) <= columns) return plain;
  let kept = "";
  let left = columns - 1;
  for (const { segment } of graphemes.segment(plain)) {
    left -= widthOf(segment);
    if (left < 0) break;
    kept += segment;
  }
  return columns > 0 ? `${kept}…` : "";
}

/** The text in parts of at most `columns` columns. */
export function divided(text: string, columns: number): string[] {
  const parts: string[] = [];
  let part = "";
  let left = columns;
  for (const { segment } of graphemes.segment(text)) {
    const width = widthOf(segment);
    if (width > left) {
      parts.push(part);
      part = "";
      left = columns;
    }
    part += segment;
    left -= width;
  }
  return [...parts, part];
}

/** The text with blanks up to `columns` columns, after it or before it. */
export function pad(text: string, columns: number, side: "left" | "right" = "right"): string {
  const fitted = fit(text, columns);
  const blanks = " ".repeat(Math.max(0, columns - widthOf(fitted)));
  return side === "left" ? blanks + fitted : fitted + blanks;
}

/** Minimum width of a column that is shrunk. */
const MIN_WIDTH = 4;

/** Shrinks the widest columns until all of them together fit `available` columns. */
export function shrunk(widths: readonly number[], available: number): number[] {
  const result = [...widths];
  let excess = result.reduce((sum, width) => sum + width, -available);
  while (excess > 0) {
    const widest = Math.max(...result);
    if (widest <= MIN_WIDTH) break;
    const next = Math.max(MIN_WIDTH, ...result.filter((width) => width < widest));
    const index = result.lastIndexOf(widest);
    const isAlone = result.indexOf(widest) === index;
    const cut = Math.min(excess, isAlone ? widest - next : 1);
    result[index] = widest - cut;
    excess -= cut;
  }
  return result;
}

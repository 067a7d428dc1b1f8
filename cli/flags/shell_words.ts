/** A command line, divided into words. */
export interface ShellWords {
  /** The words before the last blank. */
  readonly words: readonly string[];
  /** The last word; undefined if the line ends with a blank. */
  readonly last: string | undefined;
  /** Whether a quote is open at the end. */
  readonly isQuoted: boolean;
}

/** Divides a line into words as a POSIX shell does, without expanding anything. */
export function shellWords(line: string): ShellWords {
  const words: string[] = [];
  let word: string | undefined;
  let quote = "";
  for (let at = 0; at < line.length; at++) {
    const char = line[at] ?? "";
    if (char === "\\" && quote !== "'") word = (word ?? "") + (line[++at] ?? "");
    else if (char === quote) quote = "";
    else if (quote === "" && (char === "'" || char === '"')) {
      quote = char;
      word ??= "";
    } else if (quote === "" && /\s/.test(char)) {
      if (word !== undefined) words.push(word);
      word = undefined;
    } else word = (word ?? "") + char;
  }
  return { words, last: word, isQuoted: quote !== "" };
}

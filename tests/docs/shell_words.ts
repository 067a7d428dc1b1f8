// A word is a run of quoted parts, escapes, `$(…)` and other characters that end no word.
const TOKEN =
  /\s+|#[^\n]*|(?:\d?[<>]{1,2}&?|&?>{1,2})|\|\||&&|[|&;()\n]|(?:'[^']*'|"(?:\\.|[^"\\])*"|\$\([^)]*\)|\\.|[^\s|&;()<>'"\\])+/gs;
const REDIRECTION = /^(?:\d?[<>]{1,2}&?|&?>{1,2})$/;
const SEPARATOR = /^(?:\|\||&&|[|&;()])$/;

/**
 * The simple commands of a shell script as words, without redirections: enough of a shell's grammar
 * for the examples of a manual.
 */
export function commandsOf(script: string): string[][] {
  const commands: string[][] = [];
  for (const line of script.replaceAll("\\\n", " ").split("\n")) {
    let words: string[] = [];
    let isTarget = false;
    for (const [token] of line.matchAll(TOKEN)) {
      if (/^[\s#]/.test(token)) continue;
      if (SEPARATOR.test(token)) {
        commands.push(words);
        words = [];
      } else if (REDIRECTION.test(token)) isTarget = true;
      else if (isTarget) isTarget = false;
      else words.push(unquoted(token));
    }
    commands.push(words);
  }
  return commands.filter(({ length }) => length > 0);
}

function unquoted(word: string): string {
  return word.replaceAll(
    /'([^']*)'|"((?:\\.|[^"\\])*)"|\\(.)/gs,
    (_, single?: string, double?: string, escaped?: string) =>
      single ?? double?.replaceAll(/\\(.)/gs, "$1") ?? escaped ?? "",
  );
}

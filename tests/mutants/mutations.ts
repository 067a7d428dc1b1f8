/** One small change of a guard: a range of the text and its replacement. */
export interface Mutation {
  /** Index of the first character that is replaced. */
  readonly start: number;
  readonly end: number;
  readonly replacement: string;
}

interface Rule {
  readonly pattern: RegExp;
  /** The replacement for the first group. */
  readonly replace: (token: string) => string;
}

const COMPARISONS: Readonly<Record<string, string>> = {
  "<": "<=",
  "<=": "<",
  ">": ">=",
  ">=": ">",
  "===": "!==",
  "!==": "===",
  "&&": "||",
  "||": "&&",
};

const RULES: readonly Rule[] = [
  // A comparison or a logical operator.
  { pattern: / (<|<=|>|>=|===|!==|&&|\|\|) /dg, replace: (token) => COMPARISONS[token] ?? token },
  // The condition of an early exit on one line.
  { pattern: /\bif \((.+)\) (?:return|throw|break|continue)\b/dg, replace: () => "false" },
  // A negation.
  { pattern: /(?<=[(\s])(!)(?=[\w(#])/dg, replace: () => "" },
  // A named limit.
  { pattern: /\bconst [A-Z][A-Z0-9_]+ = ([1-9][\d_]*);/dg, replace: (digits) => `${digits}_000` },
  { pattern: /\bMath\.(min|max)\(/dg, replace: (name) => name === "min" ? "max" : "min" },
];

/** Every change of a guard that the rules produce, in the order of the text. */
export function mutationsOf(text: string): Mutation[] {
  const code = codeOnly(text);
  const found = RULES.flatMap(({ pattern, replace }) =>
    [...code.matchAll(pattern)].flatMap(({ indices }) => {
      const [start, end] = indices?.[1] ?? [0, 0];
      return end > start || start > 0
        ? [{ start, end, replacement: replace(text.slice(start, end)) }]
        : [];
    })
  );
  return found.sort((a, b) => a.start - b.start || a.end - b.end);
}

/** The text with one change applied. */
export function mutated(text: string, { start, end, replacement }: Mutation): string {
  return text.slice(0, start) + replacement + text.slice(end);
}

/** The number of the changed line, and the line before and after the change. */
export function describe(text: string, mutation: Mutation): string {
  const lineStart = text.lastIndexOf("\n", mutation.start - 1) + 1;
  const line = text.slice(0, lineStart).split("\n").length;
  const lineAt = (whole: string) => whole.slice(lineStart).split("\n", 1)[0]?.trim() ?? "";
  return `${line}: ${lineAt(text)}  =>  ${lineAt(mutated(text, mutation))}`;
}

// Replaces comments and the contents of strings and templates by blanks, which keeps all offsets.
function codeOnly(text: string): string {
  const other =
    /\/\*[\s\S]*?\*\/|\/\/.*|"(?:\\.|[^"\\\n])*"|'(?:\\.|[^'\\\n])*'|`(?:\\.|[^`\\])*`/g;
  return text.replace(other, (found) => found.replace(/[^\n]/g, " "));
}

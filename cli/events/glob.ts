/** A character of a glob: any text, any one character, or itself. */
type Part = { readonly any: "text" | "character" } | string;

function partsOf(glob: string): Part[] {
  const found = glob.match(/\\.|./gsu) ?? [];
  return found.map((part) => {
    if (part === "*") return { any: "text" };
    if (part === "?") return { any: "character" };
    return part.length > 1 && part.startsWith("\\") ? part.slice(1) : part;
  });
}

/**
 * Creates a test for text that matches a glob: `*` is any text, `?` is any one character, and `\`
 * takes the next character literally. The time is at most proportional to both lengths.
 */
export function globMatcher(glob: string): (text: string) => boolean {
  const parts = partsOf(glob);
  if (parts.every((part) => typeof part === "string")) {
    const literal = parts.join("");
    return (text) => text === literal;
  }
  return (text) => matches(parts, [...text]);
}

/** Whether a text has a character that a glob treats specially. */
export function isGlob(text: string): boolean {
  return partsOf(text).some((part) => typeof part !== "string");
}

/** The text that a glob without special characters matches. */
export function literalOf(glob: string): string {
  return partsOf(glob).filter((part) => typeof part === "string").join("");
}

/** After a mismatch only the last `*` takes one character more: earlier ones need not change. */
function matches(parts: readonly Part[], characters: readonly string[]): boolean {
  let part = 0;
  let at = 0;
  let star = -1;
  let starEnd = 0;
  while (at < characters.length) {
    const wanted = parts[part];
    if (typeof wanted === "object" && wanted.any === "text") {
      star = part++;
      starEnd = at;
    } else if (wanted === characters[at] || typeof wanted === "object") {
      part++;
      at++;
    } else if (star >= 0) {
      part = star + 1;
      at = ++starEnd;
    } else return false;
  }
  return parts.slice(part).every((rest) => typeof rest === "object" && rest.any === "text");
}

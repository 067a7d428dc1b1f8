/**
 * Python's template syntax as oslo.config uses it: `$name`, `${name}`, and `$$` for a dollar sign.
 * A name may contain dots and is as long as possible: write `${name}.example.org`.
 */
const REFERENCE = /\$(?:(\$)|([_a-z][._a-z0-9]*)|\{([_a-z][._a-z0-9]*)\})/gi;

/**
 * Replaces the references in a text with the values that `lookup` returns.
 *
 * `\$` is also a dollar sign, and a `$` that begins neither a reference nor `$$` stays. The result
 * is undefined if any lookup returns undefined; all lookups are made nevertheless.
 */
export function interpolate(
  text: string,
  lookup: (reference: string) => string | undefined,
): string | undefined {
  let complete = true;
  const result = text.replaceAll("\\$", () => "$$").replaceAll(
    REFERENCE,
    (_match, dollar?: string, bare?: string, braced?: string) => {
      const found = dollar ?? lookup(bare ?? braced ?? "");
      complete &&= found !== undefined;
      return found ?? "";
    },
  );
  return complete ? result : undefined;
}

/** The text that {@linkcode interpolate} turns back into the given one. */
export function escapeReferences(text: string): string {
  return text.replaceAll("$", () => "$$");
}

/** Creates a test for text that matches a glob: `*` is any text, `?` is any one character. */
export function globMatcher(glob: string): (text: string) => boolean {
  const pattern = glob.replace(/[.+^${}()|[\]\\]/g, "\\$&").replaceAll("*", ".*").replaceAll(
    "?",
    ".",
  );
  const expression = new RegExp(`^${pattern}$`, "su");
  return (text) => expression.test(text);
}

/** The options that are lists of texts. */
const LISTS = ["files", "directories", "tables", "topics", "publisherUris"] as const;

/**
 * Refuses a text in place of a list, of which a program without types would get the characters.
 *
 * @throws {TypeError}
 */
export function requireTextLists(options: Partial<Record<typeof LISTS[number], unknown>>): void {
  for (const name of LISTS) {
    const value = options[name];
    const isList = Array.isArray(value) && value.every((each) => typeof each === "string");
    if (value === undefined || isList) continue;
    throw new TypeError(`"${name}": not a list of texts, wanted one as ["a", "b"]`);
  }
}

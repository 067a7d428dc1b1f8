/** The options that are lists of strings. */
const LISTS = ["files", "directories", "tables", "topics", "publisherUris"] as const;

/**
 * Refuses a string in place of a list: code without types may pass one, and its characters would
 * become the items.
 *
 * @throws {TypeError}
 */
export function requireTextLists(options: Partial<Record<typeof LISTS[number], unknown>>): void {
  for (const name of LISTS) {
    const value = options[name];
    const isList = Array.isArray(value) && value.every((each) => typeof each === "string");
    if (value === undefined || isList) continue;
    throw new TypeError(`"${name}": not a list of strings, wanted a list such as ["a", "b"]`);
  }
}

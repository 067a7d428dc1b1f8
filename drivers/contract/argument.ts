/** The kind of a value, for an error about it: `null`, `number`, `Map`. */
export function kindOf(value: unknown): string {
  if (value === null) return "null";
  if (typeof value !== "object") return Number.isNaN(value) ? "NaN" : typeof value;
  return Object.prototype.toString.call(value).slice(8, -1);
}

/**
 * Refuses a value that code without types passes in place of an object with options, such as a string,
 * a `Map` or an `AbortSignal`: its options would be ignored.
 *
 * @param wanted an example
 * @throws {TypeError}
 */
export function requireOptions(name: string, value: unknown, wanted: string): void {
  if (kindOf(value) === "Object") return;
  throw new TypeError(`${name} "options": ${kindOf(value)}, wanted an object such as ${wanted}`);
}

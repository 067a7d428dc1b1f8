/** Whether two values that came from JSON are the same, whatever the order of their members. */
export function sameJson(a: unknown, b: unknown): boolean {
  if (!isStructure(a) || !isStructure(b)) return a === b;
  if (Array.isArray(a) !== Array.isArray(b)) return false;
  const members = Object.entries(a);
  return members.length === Object.keys(b).length &&
    members.every(([name, value]) => Object.hasOwn(b, name) && sameJson(value, b[name]));
}

function isStructure(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null;
}

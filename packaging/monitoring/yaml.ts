/** The content of a file of rules. */
export type Yaml = string | number | readonly Yaml[] | { readonly [name: string]: Yaml };

const PLAIN = /^[A-Za-z][\w.-]*$/;

/** A value as YAML, in the format of `deno fmt`. */
export function yaml(value: Yaml): string {
  return `${lines(value).join("\n")}\n`;
}

function lines(value: Yaml): string[] {
  if (typeof value === "number") return [String(value)];
  if (typeof value === "string") return [scalar(value)];
  return isList(value) ? value.flatMap(item) : Object.entries(value).flatMap(entry);
}

// The first line of a list item follows its dash.
function item(value: Yaml): string[] {
  const [first, ...rest] = lines(value);
  return [`- ${first}`, ...rest.map((line) => `  ${line}`)];
}

function entry([name, value]: readonly [string, Yaml]): string[] {
  if (typeof value !== "object") return [`${name}: ${lines(value)}`];
  const inner = lines(value);
  if (inner.length === 0) return [`${name}: ${isList(value) ? "[]" : "{}"}`];
  return [`${name}:`, ...inner.map((line) => `  ${line}`)];
}

function isList(value: Yaml): value is readonly Yaml[] {
  return Array.isArray(value);
}

/** Quoted unless it is a plain word, because YAML parses `0x10` and `5e3` as numbers. */
function scalar(text: string): string {
  if (PLAIN.test(text)) return text;
  const hasOnlyDouble = text.includes('"') && !text.includes("'");
  return hasOnlyDouble ? `'${text}'` : JSON.stringify(text);
}

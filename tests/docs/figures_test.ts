import assert from "node:assert/strict";
import { optionTable } from "../../cli/composition.ts";
import { readPage } from "./pages.ts";

const FIGURE = /\d+(?:,\d{3})+(?:\.\d+)?|\d+\.\d+/g;

/** The rows of the tables of one section. */
async function rowsOf(path: string, heading: string): Promise<string[]> {
  const { text } = await readPage(path);
  const section = text.split(/^## /m).find((part) => part.startsWith(`${heading}\n`));
  assert(section !== undefined, `${path} has no section "${heading}"`);
  return section.split("\n").filter((line) => line.startsWith("|"));
}

Deno.test("every measured figure of another page is one of docs/performance.md", async () => {
  const { text: measured } = await readPage("docs/performance.md");
  const known = new Set(measured.match(FIGURE));
  const rows = [
    ...await rowsOf("README.md", "How it compares"),
    ...await rowsOf("docs/operate.md", "Sizing for 1,000 nodes"),
  ];
  const figures = rows.flatMap((row) => row.match(FIGURE) ?? []);
  assert(figures.length > 10);
  assert.deepEqual(figures.filter((figure) => !known.has(figure)), []);
});

const UNITS: Readonly<Record<string, number>> = { MiB: 2 ** 20, s: 1, day: 86_400 };

/** A default as a page spells it, as a number: `16 MiB`, `1 day`, `50,000`. */
function numberOf(text: string): number {
  const [amount = "", unit] = text.trim().split(" ");
  return Number(amount.replaceAll(",", "")) * (unit === undefined ? 1 : UNITS[unit] ?? NaN);
}

Deno.test("the limits of docs/operate.md have the defaults of the option table", async () => {
  const rows = (await rowsOf("docs/operate.md", "Limits")).slice(2);
  assert(rows.length > 10);
  for (const row of rows) {
    const [, , options = "", defaults = ""] = row.split("|");
    const group = /\[(\w+)\]/.exec(options)?.[1];
    const names = [...options.matchAll(/(\w+)`/g)].map(([, name]) => name);
    const found = names.map((name) =>
      optionTable.find((option) => option.group === group && option.name === name)?.default
    );
    assert.deepEqual(found.map(Number), defaults.split(";").map(numberOf), row);
  }
});

import assert from "node:assert/strict";
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

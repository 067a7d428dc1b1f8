import assert from "node:assert/strict";
import { type Column, tableLines, writeTable } from "../../../cli/terminal/table.ts";
import { FakeOutput } from "../../support/fakes/fake_io.ts";

type Row = readonly [id: string, state: string];

const COLUMNS: readonly Column<Row>[] = [
  { heading: "ID", cell: ([id]) => id },
  { heading: "STATE", cell: ([, state]) => state },
];

Deno.test("writeTable makes columns as wide as needed, without trailing blanks", () => {
  const output = new FakeOutput();
  writeTable(output, COLUMNS, [["a-long-id", "alive"], ["b", "7"]]);
  assert.equal(output.text, "ID         STATE\na-long-id  alive\nb          7\n");
});

Deno.test("writeTable escapes characters that control a terminal", () => {
  const output = new FakeOutput();
  writeTable(output, COLUMNS.slice(0, 1), [["\x1b[2J\n", ""]]);
  assert.equal(output.text, "ID\n\\x1b[2J\\x0a\n");
});

Deno.test("tableLines drops columns that may leave, and then cuts the widest, until the rows fit", () => {
  const columns = [...COLUMNS, { heading: "NOTE", cell: () => "a note", leaves: 1 }];
  const rows: Row[] = [["an-id-that-is-long", "alive"]];
  assert.deepEqual(tableLines(columns, rows, 40)[1], "an-id-that-is-long  alive  a note");
  assert.deepEqual(tableLines(columns, rows, 25)[1], "an-id-that-is-long  alive");
  assert.deepEqual(tableLines(columns, rows, 16)[1], "an-id-th…  alive");
});

Deno.test("tableLines counts the columns of wide characters", () => {
  assert.deepEqual(tableLines(COLUMNS, [["東京", "a"], ["x", "b"]], 80).slice(1), [
    "東京  a",
    "x     b",
  ]);
});

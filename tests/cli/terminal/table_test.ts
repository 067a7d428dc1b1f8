import assert from "node:assert/strict";
import { writeTable } from "../../../cli/terminal/table.ts";
import { FakeOutput } from "../../support/fake_io.ts";

Deno.test("writeTable makes columns as wide as needed, without trailing blanks", () => {
  const output = new FakeOutput();
  writeTable(output, ["ID", "STATE"], [["a-long-id", "alive"], ["b", 7]]);
  assert.equal(output.text, "ID         STATE\na-long-id  alive\nb          7\n");
});

Deno.test("writeTable escapes characters that control a terminal", () => {
  const output = new FakeOutput();
  writeTable(output, ["ID"], [["\x1b[2J\n"]]);
  assert.equal(output.text, "ID\n\\x1b[2J\\x0a\n");
});

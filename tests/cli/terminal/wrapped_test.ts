import assert from "node:assert/strict";
import { widthOf } from "../../../cli/terminal/cells.ts";
import { wrapped } from "../../../cli/terminal/wrapped.ts";

Deno.test("wrapped: wide characters count as two columns", () => {
  assert.deepEqual(wrapped("設定設定設定 設定設定設定 x", 20), ["設定設定設定", "設定設定設定 x"]);
});

Deno.test("wrapped: a word that is longer than a line is divided between characters", () => {
  for (
    const word of [`x${"😀".repeat(15)}`, "設".repeat(30), "e\u0301".repeat(25), "a".repeat(41)]
  ) {
    const lines = wrapped(word, 20);
    assert.equal(lines.join(""), word);
    assert.ok(lines.every((line) => line.isWellFormed() && widthOf(line) <= 20), lines.join("\n"));
  }
});

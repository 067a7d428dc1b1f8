import assert from "node:assert/strict";
import { positiveInteger, positiveNumber, since } from "../../../cli/flags/flag_values.ts";

function accepts(parse: (text: string) => number, good: readonly string[], bad: readonly string[]) {
  for (const text of good) assert.equal(parse(text), Number(text));
  for (const text of bad) {
    assert.throws(() => parse(text), { code: "commander.invalidArgument" }, `"${text}"`);
  }
}

Deno.test("positiveInteger accepts whole numbers from 1", () => {
  accepts(positiveInteger, ["1", "20000"], ["0", "-1", "1.5", "", "x", "1e3", "9007199254740993"]);
});

Deno.test("positiveNumber accepts numbers above 0", () => {
  accepts(positiveNumber, ["0.5", "1e3", "7"], ["0", "-1", "", " ", "x", "Infinity", "NaN"]);
});

Deno.test("since takes start, a position, or an age as a duration", () => {
  assert.equal(since("start"), "start");
  assert.equal(since("1700000000000-7"), "1700000000000-7");
  for (const [text, ms] of [["90", 90_000], ["2h", 7_200_000], ["1500ms", 1_500]] as const) {
    const ago = Date.now() - Number(since(text));
    assert(Math.abs(ago - ms) < 5_000, `${text}: ${ago}`);
  }
  assert.equal(since("99999d"), 0, "an age of longer ago than 1970");
  for (const text of ["", "yesterday", "-1s", "5-"]) {
    assert.throws(() => since(text), { code: "commander.invalidArgument" }, `"${text}"`);
  }
});

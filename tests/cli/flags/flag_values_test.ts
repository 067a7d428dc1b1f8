import assert from "node:assert/strict";
import { positiveInteger, positiveNumber, seconds } from "../../../cli/flags/flag_values.ts";

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

Deno.test("seconds accepts at most the maximum of a timer", () => {
  accepts(seconds, ["0.1", "2147483"], ["0", "2147484", "1e99"]);
});

import assert from "node:assert/strict";
import {
  moment,
  positiveInteger,
  positiveNumber,
  since,
  speed,
} from "../../../cli/flags/flag_values.ts";

/** A time this number of days ahead. */
function ahead(days: number): string {
  return new Date(Date.now() + days * 86_400_000).toISOString();
}

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

Deno.test("speed accepts numbers above 0, and max without pauses", () => {
  accepts(speed, ["0.5", "1e3", "7"], ["0", "-1", "", " ", "x", "Infinity", "NaN", "fast"]);
  assert.equal(speed("max"), Infinity);
});

Deno.test("since and moment take a date, and moment at most 24 days ahead", () => {
  for (const parse of [since, moment]) {
    assert.equal(parse("2025-11-29T13:00:00.250Z"), Date.UTC(2025, 10, 29, 13, 0, 0, 250));
    assert.equal(parse("2025-11-29"), new Date(2025, 10, 29).getTime());
    assert.equal(parse("2025-11-29 13:00+01:00"), Date.UTC(2025, 10, 29, 12));
  }
  assert(moment(ahead(23)) > Date.now());
  for (
    const text of [ahead(25), "start", "1700000000000-7", "2026-13-29T00:00Z", "2026-11-31", "soon"]
  ) {
    assert.throws(() => moment(text), { code: "commander.invalidArgument" }, text);
  }
});

Deno.test("since refuses a time in the future, except one of a clock that is slightly ahead", () => {
  assert(Number(since(ahead(1 / 86_400))) > Date.now());
  assert.throws(() => since(ahead(1 / 24)), /in the future, wanted a time in the past/);
});

Deno.test("since takes start, a position, or an age as a duration", () => {
  assert.equal(since("start"), "start");
  assert.equal(since("1700000000000-7"), "1700000000000-7");
  for (const [text, ms] of [["90", 90_000], ["2h", 7_200_000], ["1500ms", 1_500]] as const) {
    const ago = Date.now() - Number(since(text));
    assert(Math.abs(ago - ms) < 5_000, `${text}: ${ago}`);
  }
  assert.equal(since("99999d"), 0, "an age of longer ago than 1970");
  for (const text of ["", "yesterday", "-1s", "5-", "2026-13-29"]) {
    assert.throws(() => since(text), { code: "commander.invalidArgument" }, `"${text}"`);
  }
});

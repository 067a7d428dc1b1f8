import assert from "node:assert/strict";
import { judge, percentOf } from "../../../../cli/bench/load/verdict.ts";

const MEASURES = { p99Ms: 5, lossPercent: 0.5, rate: 1_000 };

function metOf(limits: Parameters<typeof judge>[0], measures: Partial<typeof MEASURES> = {}) {
  const all = { ...MEASURES, ...measures };
  return judge(limits, all).map(({ name, isMet }) => `${name} ${isMet}`);
}

Deno.test("judge gives no verdict, when no limit is set", () => {
  assert.deepEqual(judge({}, MEASURES), []);
});

Deno.test("judge counts a limit as met, when it is reached exactly", () => {
  assert.deepEqual(metOf({ maxP99: 5, maxLoss: 0.5, minRate: 1_000 }), [
    "max-p99 true",
    "max-loss true",
    "min-rate true",
  ]);
});

Deno.test("judge evaluates each missed limit separately", () => {
  assert.deepEqual(metOf({ maxP99: 4.999, maxLoss: 0.5 }), ["max-p99 false", "max-loss true"]);
  assert.deepEqual(metOf({ maxLoss: 0, minRate: 1 }), ["max-loss false", "min-rate true"]);
  assert.deepEqual(metOf({ minRate: 1_000.1 }), ["min-rate false"]);
});

Deno.test("judge counts a limit as missed, when there is no measurement", () => {
  const nothing = { p99Ms: undefined, lossPercent: undefined, rate: undefined };
  const verdicts = judge({ maxP99: 1e9, maxLoss: 100, minRate: 1 }, nothing);
  assert.deepEqual(verdicts.map(({ isMet, is }) => [isMet, is]), [
    [false, undefined],
    [false, undefined],
    [false, undefined],
  ]);
});

Deno.test("judge shows the limit and the value, with the unit", () => {
  assert.deepEqual(judge({ maxP99: 2 }, MEASURES), [
    { name: "max-p99", wanted: 2, is: 5, unit: "ms", isMet: false },
  ]);
});

Deno.test("percentOf reads a percentage from 0 to 100 and nothing else", () => {
  const shares = { "0": 0, "0.01": 0.01, "5%": 5, "100": 100 };
  for (const [text, percent] of Object.entries(shares)) assert.equal(percentOf(text), percent);
  for (const text of ["", "-1", "100.1", "%", "x", "1e1"]) {
    assert.equal(percentOf(text), undefined, text);
  }
});

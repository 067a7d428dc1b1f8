import assert from "node:assert/strict";
import { closingLine, failuresIn, summaryOf, sumOf } from "./summary.ts";

const FAILED = `
a => ./tests/a_test.ts:1:6
error: AssertionError: 1 !== 2

 FAILURES 

a => ./tests/a_test.ts:1:6
b ... second step => ./tests/b_test.ts:2:6

FAILED | 3 passed (2 steps) | 2 failed (1 step) | 4 ignored (1s)

error: Test failed
`;

Deno.test("summaryOf counts what deno test says at its end, not what a test has printed", () => {
  const printed = "ok | 9 passed | 9 failed (1s)\n";
  assert.deepEqual(summaryOf(printed + FAILED), { passed: 3, failed: 2, ignored: 4 });
  assert.deepEqual(summaryOf("\nok | 1 passed | 0 failed (5ms)\n"), {
    ...{ passed: 1, failed: 0, ignored: 0 },
  });
  assert.equal(summaryOf("Segmentation fault\n"), undefined);
});

Deno.test("failuresIn gives one line for each failed test, and none when all passed", () => {
  assert.deepEqual(failuresIn(FAILED), [
    "a => ./tests/a_test.ts:1:6",
    "b ... second step => ./tests/b_test.ts:2:6",
  ]);
  assert.deepEqual(failuresIn("\nok | 1 passed | 0 failed (5ms)\n"), []);
});

Deno.test("closingLine adds up runs in the words of deno test, when one has failed or none", () => {
  const good = { passed: 3, failed: 0, ignored: 0 };
  assert.equal(closingLine(good, 59_400), "ok | 3 passed | 0 failed (59s)");
  const both = sumOf(good, { passed: 2, failed: 1, ignored: 4 });
  assert.equal(closingLine(both, 61_000), "FAILED | 5 passed | 1 failed | 4 ignored (1m1s)");
  assert.deepEqual(summaryOf(closingLine(both, 1)), both);
});

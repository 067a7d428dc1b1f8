import assert from "node:assert/strict";
import { GivenUp } from "../../../../service/receive/gaps/given_up.ts";

Deno.test("GivenUp knows the numbers of its ranges, and forgets those from one on", () => {
  const givenUp = new GivenUp();
  for (const [from, to] of [[1, 0], [3, 7], [9, 9]] as const) givenUp.add({ from, to });
  assert.deepEqual([1, 2, 3, 7, 8, 9, 10].filter((number) => givenUp.has(number)), [3, 7, 9]);
  givenUp.cut(5);
  assert.deepEqual([3, 4, 5, 9].filter((number) => givenUp.has(number)), [3, 4]);
});

Deno.test("GivenUp forgets no number, when it is told of more ranges than it keeps apart", () => {
  const givenUp = new GivenUp();
  const numbers = Array.from({ length: 100 }, (_, index) => 10 * index + 1);
  for (const number of numbers) givenUp.add({ from: number, to: number });
  assert(numbers.every((number) => givenUp.has(number)));
  assert(!givenUp.has(982));
});

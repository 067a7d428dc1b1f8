import assert from "node:assert/strict";
import { nextTurn } from "../../../drivers/contract/next_turn.ts";
import { TurnByTurn } from "../../../drivers/_internal/turn_by_turn.ts";

Deno.test("TurnByTurn does so much in a turn, and goes on in the next until nothing is left", async () => {
  let left = 7;
  const work = new TurnByTurn(3, () => left > 0 && left-- > 0);
  work.run();
  assert.equal(left, 4);
  await nextTurn();
  assert.equal(left, 1);
  await nextTurn();
  assert.equal(left, 0);
});

Deno.test("TurnByTurn does no more in a turn, however often it is asked", async () => {
  let done = 0;
  const work = new TurnByTurn(1, () => ++done < 10);
  work.runSoon();
  work.runSoon();
  assert.equal(done, 0);
  await nextTurn();
  assert.equal(done, 1);
  while (done < 10) await nextTurn();
});

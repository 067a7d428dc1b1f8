import assert from "node:assert/strict";
import { inNextTurn, nextTurn } from "../../../drivers/contract/next_turn.ts";

Deno.test("nextTurn lets what waits for its turn go first, and timers too", async () => {
  const done: string[] = [];
  setTimeout(() => done.push("timer"), 0);
  inNextTurn(() => done.push("callback"));
  void Promise.resolve().then(() => done.push("promise"));
  while (done.length < 3) await nextTurn();
  assert.equal(done[0], "promise");
  assert.deepEqual(done.toSorted(), ["callback", "promise", "timer"]);
});

import assert from "node:assert/strict";
import { setTimeout } from "node:timers/promises";
import { HandshakeTurn } from "../../../../drivers/_internal/libssl/handshake_turn.ts";

const STEP_MS = 5;

/** Takes as long as a handshake does. */
function work(): void {
  for (const from = performance.now(); performance.now() - from < STEP_MS;);
}

Deno.test("HandshakeTurn takes a step at once, then those of handshakes that have begun, then new ones", async () => {
  const found: string[] = [];
  const turns = Array.from({ length: 4 }, () => new HandshakeTurn());
  const step = (index: number, text: string, kind: "begun" | "new") =>
    turns[index]?.request(kind, () => {
      found.push(text);
      work();
    });
  turns[0]?.request("new", () => {
    step(1, "new", "new");
    step(2, "begun", "begun");
    step(3, "begun, too", "begun");
    step(3, "again", "begun");
    found.push("first");
    work();
  });
  assert.deepEqual([found, turns[0]?.isDue, turns[1]?.isDue], [["first"], false, true]);
  while (turns.some((turn) => turn.isDue)) await setTimeout(1);
  assert.deepEqual(found, ["first", "begun", "begun, too", "new"]);
});

Deno.test("HandshakeTurn counts the time in which other handshakes had their turn, and lets timers run", async () => {
  const turns = Array.from({ length: 10 }, () => new HandshakeTurn());
  let timers = 0;
  const timer = setInterval(() => timers++, 1);
  for (const turn of turns) turn.request("new", work);
  while (turns.some((turn) => turn.isDue)) await setTimeout(1);
  clearInterval(timer);
  const [first, last] = [turns.at(0)?.delayedMs ?? NaN, turns.at(-1)?.delayedMs ?? NaN];
  assert(first < STEP_MS && last >= STEP_MS * 8, `${first}, ${last}`);
  assert(timers >= 4, `${timers}`);
});

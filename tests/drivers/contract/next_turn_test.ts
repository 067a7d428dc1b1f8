import assert from "node:assert/strict";
import { inNextTurn, inTurns, nextTurn } from "../../../drivers/contract/next_turn.ts";

Deno.test("nextTurn runs after pending turns and timers", async () => {
  const done: string[] = [];
  setTimeout(() => done.push("timer"), 0);
  inNextTurn(() => done.push("callback"));
  void Promise.resolve().then(() => done.push("promise"));
  while (done.length < 3) await nextTurn();
  assert.equal(done[0], "promise");
  assert.deepEqual(done.toSorted(), ["callback", "promise", "timer"]);
});

Deno.test("inTurns yields after each half of a millisecond, and handles every item in order", async () => {
  let ms = 0;
  const slices: number[][] = [[]];
  inNextTurn(function turn() {
    slices.push([]);
    if (ms < 10) inNextTurn(turn);
  });
  const each = (item: number) => {
    ms += 1 / 64;
    slices.at(-1)?.push(item);
  };
  const items = Array.from({ length: 640 }, (_, index) => index);
  await inTurns(items, each, () => ms);
  assert.deepEqual(slices.flat(), items);
  const longest = Math.max(...slices.map((slice) => slice.length));
  assert.ok(longest > 16 && longest <= 32 + 16, `${longest} items in one slice`);
});

for (const [othersMs, sliceMs] of [[8, 8], [100, 16]] as const) {
  Deno.test(`inTurns works for ${sliceMs} ms at once, when everything else took ${othersMs} ms`, async () => {
    let ms = 0;
    let isOver = false;
    const slices: number[] = [0];
    inNextTurn(function turn() {
      ms += othersMs;
      slices.push(0);
      if (!isOver) inNextTurn(turn);
    });
    const each = () => {
      ms += 1 / 16;
      slices.push((slices.pop() ?? 0) + 1);
    };
    await inTurns(Array(2_000), each, () => ms);
    isOver = true;
    await nextTurn();
    const second = slices.filter((count) => count > 0)[1] ?? 0;
    assert(second >= sliceMs * 16 && second <= (sliceMs + 1) * 16, `${second} items`);
  });
}

Deno.test("inTurns does not yield, when the work is done within half a millisecond", async () => {
  let hasTurned = false;
  inNextTurn(() => hasTurned = true);
  await inTurns(Array(1_000).keys(), () => {}, () => 0);
  assert.equal(hasTurned, false);
  await nextTurn();
});

Deno.test("inTurns yields at the end, when the work has taken a quarter of a millisecond", async () => {
  let ms = 0;
  let hasTurned = false;
  inNextTurn(() => hasTurned = true);
  await inTurns([0.125, 0.25], (step) => void (ms += step), () => ms);
  assert.equal(hasTurned, true);
});

Deno.test("inTurns takes one slice per turn, whatever the number of tasks, and each has its share", async () => {
  let ms = 0;
  let isOver = false;
  const turns: string[] = [""];
  inNextTurn(function turn() {
    ms += 1;
    turns.push("");
    if (!isOver) inNextTurn(turn);
  });
  const work = (name: string) =>
    inTurns(Array(64), () => {
      ms += 1 / 16;
      if (!turns.at(-1)?.endsWith(name)) turns.push(turns.pop() + name);
    }, () => ms);
  const works = ["a", "b", "c"].map(work);
  await Promise.all(works);
  isOver = true;
  await nextTurn();
  // The first work begins before the others. Each later slice takes a millisecond, as everything
  // else does, and not as long as the other tasks.
  assert.equal(turns.filter((each) => each !== "").join(" "), "a a b c a b c a b c a b c");
});

Deno.test("inTurns finishes many short tasks in one slice, when they begin while a long one waits", async () => {
  let turns = 0;
  inNextTurn(function turn() {
    turns++;
    if (turns < 1_000) inNextTurn(turn);
  });
  let ms = 0;
  const work = (steps: number) => inTurns(Array(steps), () => void (ms += 1 / 512), () => ms);
  const long = work(10_000);
  const before = turns;
  await Promise.all(Array.from({ length: 100 }, () => work(1)));
  assert(turns - before <= 3, `${turns - before} turns`);
  await long;
  turns = 1_000;
});

Deno.test("inTurns rejects with the error of a step, and handles no further item", async () => {
  const taken: number[] = [];
  const each = (item: number) => {
    taken.push(item);
    if (item === 2) throw new RangeError("third");
  };
  await assert.rejects(inTurns([0, 1, 2, 3], each), RangeError);
  assert.deepEqual(taken, [0, 1, 2]);
});

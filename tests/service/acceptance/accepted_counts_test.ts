import assert from "node:assert/strict";
import { randomUUID } from "node:crypto";
import { AcceptedCounts } from "../../../service/acceptance/accepted_counts.ts";

/** Notes an event of a worker, its id being somewhere in the payload. */
function note(counts: AcceptedCounts, id: string, isRelayed = true): void {
  const payload = new TextEncoder().encode(`before${id}after`);
  counts.note(payload, 6, id.length, isRelayed);
}

Deno.test("AcceptedCounts counts what was relayed and refused, of each worker by itself", () => {
  const counts = new AcceptedCounts();
  const ids = Array.from({ length: 600 }, () => randomUUID());
  for (let round = 0; round < 3; round++) {
    for (const id of ids) note(counts, id, round !== 1);
  }
  for (const [index, id] of ids.entries()) {
    assert.deepEqual(counts.of(id), { accepted: 2, refused: 1, count: index + 1 });
  }
  assert.deepEqual(counts.of(randomUUID()), { accepted: 0, refused: 0, count: 0 });
  assert.equal(counts.size, 600);
});

Deno.test("AcceptedCounts forgets the workers unheard of for longest, when there are too many", () => {
  const counts = new AcceptedCounts({ workers: 3 });
  const [a = "", b = "", c = "", d = "", e = ""] = Array.from({ length: 5 }, () => randomUUID());
  for (const id of [a, b, c, d]) note(counts, id);
  assert.deepEqual(counts.of(a).accepted, 0);
  // Found by the short cut from now on, which must keep it from being forgotten all the same.
  note(counts, b);
  note(counts, e);
  assert.deepEqual([b, c, d, e].map((id) => counts.of(id).accepted), [2, 0, 1, 1]);
  note(counts, c);
  assert.deepEqual(counts.of(c), { accepted: 1, refused: 0, count: 6 }, "begins anew");
  assert.equal(counts.size, 3);
});

Deno.test("AcceptedCounts forgets those who wait after those who do not", () => {
  const counts = new AcceptedCounts({ workers: 3 });
  const [a = "", b = "", c = "", d = "", e = ""] = Array.from({ length: 5 }, () => randomUUID());
  for (const id of [a, b, c, d]) note(counts, id);
  using _wait = counts.waitFor(b, 2);
  note(counts, e);
  assert.deepEqual([b, c].map((id) => counts.of(id).accepted), [1, 0]);
});

Deno.test("AcceptedCounts.waitFor resolves when the count is reached, and not before", async () => {
  const counts = new AcceptedCounts();
  const id = randomUUID();
  const reached: number[] = [];
  const waits = [3, 1, 2].map((wanted) => {
    const wait = counts.waitFor(id, wanted);
    void wait.reached.then(() => reached.push(wanted));
    return wait;
  });
  for (const [index, isRelayed] of [true, false, true].entries()) {
    assert.deepEqual(reached, [1, 2, 3].slice(0, index));
    note(counts, id, isRelayed);
    await Promise.resolve();
  }
  assert.deepEqual(reached, [1, 2, 3]);
  await counts.waitFor(id, 3).reached;
  for (const wait of waits) wait[Symbol.dispose]();
});

Deno.test("AcceptedCounts ends a wait that is disposed, forgotten or complete", async () => {
  const counts = new AcceptedCounts({ workers: 1 });
  const disposed = counts.waitFor(randomUUID(), 1);
  disposed[Symbol.dispose]();
  await disposed.reached;
  const forgotten = counts.waitFor(randomUUID(), 1);
  const last = counts.waitFor(randomUUID(), 1);
  await forgotten.reached;
  counts.complete();
  await last.reached;
  await counts.waitFor(randomUUID(), 1).reached;
});

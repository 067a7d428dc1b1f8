import assert from "node:assert/strict";
import { SequenceTracker } from "../../../../cli/bench/load/sequence_tracker.ts";
import { Random } from "../../../service/event/codec/random_documents.ts";

function noted(tracker: SequenceTracker, numbers: readonly number[]) {
  for (const number of numbers) tracker.note(number);
  const { expected, received, lost, duplicates, late } = tracker;
  return { expected, received, lost, duplicates, late };
}

Deno.test("SequenceTracker counts no loss, when all numbers arrive nearly in order", () => {
  assert.deepEqual(noted(new SequenceTracker(1), [1, 2, 3]), {
    expected: 3,
    received: 3,
    lost: 0,
    duplicates: 0,
    late: 0,
  });
  assert.deepEqual(noted(new SequenceTracker(1), [2, 1, 4, 3]), {
    expected: 4,
    received: 4,
    lost: 0,
    duplicates: 0,
    late: 2,
  });
});

Deno.test("SequenceTracker counts missing numbers and duplicates", () => {
  assert.deepEqual(noted(new SequenceTracker(1), [1, 5, 5, 1, 9]), {
    expected: 9,
    received: 3,
    lost: 6,
    duplicates: 2,
    late: 0,
  });
});

Deno.test("SequenceTracker counts missing numbers at the end, once the end is known", () => {
  const tracker = new SequenceTracker(1);
  tracker.note(1);
  tracker.expectUpTo(4);
  tracker.expectUpTo(2);
  assert.deepEqual([tracker.expected, tracker.lost], [4, 3]);
  assert(tracker.note(3));
  assert.deepEqual([tracker.lost, tracker.late], [2, 1]);
});

Deno.test("SequenceTracker begins at the given number and counts no earlier number as lost", () => {
  const tracker = new SequenceTracker(100);
  assert.equal(tracker.note(99), false);
  assert(tracker.note(100));
  assert(tracker.note(102));
  assert.deepEqual([tracker.expected, tracker.received, tracker.lost], [3, 2, 1]);
});

Deno.test("SequenceTracker counts a number as a duplicate, when it is older than its window", () => {
  const tracker = new SequenceTracker(1);
  tracker.note(10_000);
  assert.equal(tracker.note(10_000 - 4_096), false);
  assert(tracker.note(10_000 - 4_095));
  assert.deepEqual([tracker.received, tracker.duplicates, tracker.late], [2, 1, 1]);
});

Deno.test("SequenceTracker agrees with a set of all numbers, on a long and lossy connection", () => {
  const random = new Random(11);
  const tracker = new SequenceTracker(1);
  const all = new Set<number>();
  let duplicates = 0;
  const numbers = Array.from({ length: 50_000 }, (_, index) => index + 1)
    .filter(() => random.next() > 0.01)
    .flatMap((number) => random.next() < 0.01 ? [number, number] : [number])
    .map((number) => ({ number, at: number + random.next() * 50 }))
    .toSorted((a, b) => a.at - b.at);
  for (const { number } of numbers) {
    if (all.has(number)) duplicates++;
    assert.equal(tracker.note(number), !all.has(number));
    all.add(number);
  }
  tracker.expectUpTo(50_000);
  assert.deepEqual([tracker.expected, tracker.received], [50_000, all.size]);
  assert.deepEqual([tracker.lost, tracker.duplicates], [50_000 - all.size, duplicates]);
});

import assert from "node:assert/strict";
import { Track } from "../../../../service/receive/gaps/track.ts";

const FIRST = { kind: "first" };
const NEXT = { kind: "next" };
const LATE = { kind: "late" };
const DUPLICATE = { kind: "duplicate" };
const DROPPED = { kind: "dropped" };

function track(): Track {
  return new Track("publisher", "D");
}

Deno.test("Track takes the first number as it comes, and then each that is due", () => {
  const at = track();
  assert.deepEqual([7, 8, 9].map((seq) => at.event(1, seq)), [FIRST, NEXT, NEXT]);
  assert.equal(at.next, 10);
});

Deno.test("Track finds gaps, what comes late, and what comes twice", () => {
  const at = track();
  at.event(1, 1);
  assert.deepEqual(at.event(1, 5), { kind: "gap", missing: { from: 2, to: 4 } });
  assert.deepEqual([3, 3, 5, 1, 6].map((seq) => at.event(1, seq)), [
    LATE,
    DUPLICATE,
    DUPLICATE,
    DUPLICATE,
    NEXT,
  ]);
  assert.deepEqual(at.missing.takeAll(), [{ from: 2, to: 2 }, { from: 4, to: 4 }]);
});

Deno.test("Track begins anew with an epoch, whichever is larger, and drops what is left of the old", () => {
  for (const [old, fresh] of [[100, 200], [200, 100]] as const) {
    const at = track();
    at.event(old, 1);
    at.event(old, 3);
    const abandoned = [{ from: 2, to: 2 }];
    assert.deepEqual(at.event(fresh, 1), { kind: "restart", abandoned });
    assert.deepEqual([3, 2, 4].map((seq) => at.event(old, seq)), [DUPLICATE, DROPPED, DROPPED]);
    assert.deepEqual([3, 9].map((seq) => at.hello(old, seq)), [{ kind: "stale" }, DROPPED]);
    assert.deepEqual(at.event(fresh, 2), NEXT);
  }
});

Deno.test("Track misses the first numbers of an epoch, when they do not come", () => {
  const at = track();
  at.event(1, 1);
  const missing = { from: 1, to: 2 };
  assert.deepEqual(at.event(2, 3), { kind: "restart", abandoned: [], missing });
});

Deno.test("Track.hello tells what is ahead, and confirm makes it missing", () => {
  const at = track();
  assert.deepEqual(at.hello(1, 4), FIRST);
  assert.deepEqual(at.hello(1, 4), { kind: "known", ahead: false });
  assert.deepEqual(at.hello(1, 6), { kind: "known", ahead: true });
  at.event(1, 5);
  assert.deepEqual(at.confirm(1, 6), { from: 6, to: 6 });
  assert.equal(at.confirm(1, 6), undefined);
  assert.deepEqual(at.hello(2, 0), {
    kind: "restart",
    abandoned: [{ from: 6, to: 6 }],
    ahead: false,
  });
  assert.deepEqual(at.hello(3, 2), { kind: "restart", abandoned: [], ahead: true });
  assert.equal(at.confirm(2, 9), undefined);
  assert.deepEqual(at.confirm(3, 2), { from: 1, to: 2 });
});

Deno.test("Track takes events that the first hello has overtaken, and misses what is between", () => {
  const at = track();
  at.hello(1, 5);
  assert.deepEqual(at.event(1, 4), NEXT);
  assert.deepEqual(at.hello(1, 5), { kind: "known", ahead: true });
  assert.deepEqual([4, 5, 6].map((seq) => at.event(1, seq)), [DUPLICATE, NEXT, NEXT]);
});

Deno.test("Track drops what is below a gap, when its first contact was a hello", () => {
  const at = track();
  at.hello(1, 0);
  assert.deepEqual(at.event(1, 3), { kind: "gap", missing: { from: 1, to: 2 } });
  at.giveUp();
  assert.deepEqual([1, 2, 3, 4].map((seq) => at.event(1, seq)), [
    DROPPED,
    DROPPED,
    DUPLICATE,
    NEXT,
  ]);
});

Deno.test("Track.rebase takes the next number as it comes, in a new epoch as well", () => {
  const at = track();
  at.event(1, 1);
  at.event(1, 3);
  assert.deepEqual(at.rebase(), [{ from: 2, to: 2 }]);
  assert.deepEqual(at.event(1, 20), FIRST);
  at.rebase();
  assert.deepEqual(at.event(2, 7), { kind: "restart", abandoned: [] });
  assert.deepEqual(at.event(2, 8), NEXT);
  at.rebase();
  assert.deepEqual(at.hello(3, 4), { kind: "restart", abandoned: [], ahead: false });
  assert.deepEqual(at.event(3, 5), NEXT);
});

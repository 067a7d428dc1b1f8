import assert from "node:assert/strict";
import { Track } from "../../../../service/receive/gaps/track.ts";

const NEXT = { kind: "next" };
const DUPLICATE = { kind: "duplicate" };
const DROPPED = { kind: "dropped" };
const STALE = { kind: "stale" };
const KNOWN = { kind: "known", ahead: false };
const MAX = Number.MAX_SAFE_INTEGER;
/** Whatever was on its way is there by now. */
const LATER_MS = 3_001;

/** A track that has taken events of an epoch up to a number. */
function trackAt(seq: number, epoch = 1): Track {
  const at = new Track("publisher", "D");
  at.hello(epoch, 0);
  for (let each = 1; each <= seq; each++) at.event(epoch, each);
  return at;
}

Deno.test("Track returns to an epoch that is alive after all, and tells what it dropped of it", () => {
  const at = trackAt(10);
  at.event(2, 1);
  assert.deepEqual([9, 11, 12].map((seq) => at.event(1, seq)), [DUPLICATE, DROPPED, DROPPED]);
  at.heardAt = LATER_MS;
  const lost = { from: 11, to: 12 };
  assert.deepEqual(at.event(1, 13), { kind: "contested", abandoned: [], lost });
  assert.deepEqual([14, 13, 12, 10].map((seq) => at.event(1, seq)), [
    NEXT,
    DUPLICATE,
    DROPPED,
    DUPLICATE,
  ]);
});

Deno.test("Track takes each of two epochs that are alive in turn, when they are slow", () => {
  const at = trackAt(1);
  at.event(2, 1);
  for (let seq = 2; seq < 20; seq++) {
    for (const epoch of [1, 2]) {
      at.heardAt += LATER_MS;
      assert.deepEqual(at.event(epoch, seq), { kind: "contested", abandoned: [] });
    }
  }
});

Deno.test("Track returns to an epoch at its hello, when that tells of newer events", () => {
  const at = trackAt(10);
  at.event(2, 1);
  at.event(2, 3);
  assert.deepEqual([10, 12].map((seq) => at.hello(1, seq)), [STALE, DROPPED]);
  at.heardAt = LATER_MS;
  assert.deepEqual(at.hello(1, 10), STALE);
  assert.deepEqual(at.hello(1, 12), {
    kind: "contested",
    abandoned: [{ from: 2, to: 2 }],
    lost: { from: 11, to: 12 },
  });
  assert.deepEqual(at.event(1, 13), NEXT);
});

Deno.test("Track takes what was left of an epoch for no news, however late, when it was seen", () => {
  const at = trackAt(10);
  at.event(1, 12);
  at.giveUp();
  at.event(2, 1);
  at.heardAt = 10 * LATER_MS;
  assert.deepEqual([9, 11, 12].map((seq) => at.event(1, seq)), [DUPLICATE, DROPPED, DUPLICATE]);
  assert.equal(at.epoch, 2);
});

Deno.test("Track falls back to a publisher's events, when an absurd number had been believed", () => {
  for (const absurd of [5_000, MAX - 1, MAX]) {
    const at = trackAt(10);
    at.event(1, absurd);
    at.giveUp();
    assert.deepEqual([11, 12].map((seq) => at.event(1, seq)), [DROPPED, DROPPED]);
    at.heardAt = LATER_MS;
    assert.deepEqual(at.event(1, 13), { kind: "contested", abandoned: [] });
    assert.deepEqual([14, 13, 12, 11, 10].map((seq) => at.event(1, seq)), [
      NEXT,
      DUPLICATE,
      DROPPED,
      DROPPED,
      DUPLICATE,
    ]);
  }
});

Deno.test("Track falls back, when an absurd number was the first that it heard, or of a hello", () => {
  const byEvent = new Track("publisher", "D");
  byEvent.event(1, MAX);
  const byHello = trackAt(10);
  byHello.hello(1, MAX);
  byHello.confirm(1, MAX);
  byHello.giveUp();
  const byBoth = new Track("publisher", "D");
  byBoth.hello(1, MAX);
  for (const at of [byEvent, byHello, byBoth]) {
    at.heardAt = LATER_MS;
    assert.deepEqual(at.hello(1, 10), { kind: "contested", abandoned: [] });
    assert.deepEqual(at.event(1, 11), NEXT);
  }
});

Deno.test("Track falls back to the end of a small leap, when the publisher's hello denies it", () => {
  const at = trackAt(10);
  at.event(1, 15);
  at.giveUp();
  assert.deepEqual(at.hello(1, 10), KNOWN);
  at.heardAt = LATER_MS;
  assert.deepEqual(at.event(1, 11), DROPPED);
  assert.deepEqual(at.hello(1, 11), { kind: "contested", abandoned: [] });
  assert.deepEqual([12, 13, 14, 15].map((seq) => at.event(1, seq)), [NEXT, NEXT, NEXT, NEXT]);
});

Deno.test("Track does not fall back, when a hello or a copy is late and nothing was given up", () => {
  const at = trackAt(5_000);
  at.heardAt = LATER_MS;
  assert.deepEqual([1, 4_999].map((seq) => at.event(1, seq)), [DUPLICATE, DUPLICATE]);
  assert.deepEqual([0, 4_998].map((seq) => at.hello(1, seq)), [KNOWN, KNOWN]);
});

Deno.test("Track is not silenced, when an epoch was left at an absurd number", () => {
  for (const speak of ["event", "hello"] as const) {
    const at = trackAt(10);
    at.event(1, MAX);
    at.giveUp();
    at.event(2, 1);
    assert.deepEqual(at.event(1, 11), DROPPED);
    at.heardAt = LATER_MS;
    assert.deepEqual(at[speak](1, 12), { kind: "contested", abandoned: [] });
    assert.deepEqual(at.event(1, 13), NEXT);
  }
});

Deno.test("Track asks nobody at the address of another start, when it returns to one", () => {
  const at = trackAt(1);
  at.event(2, 1);
  at.replayAddress = "tcp://other:1";
  at.heardAt = LATER_MS;
  at.event(1, 2);
  assert.equal(at.replayAddress, undefined);
});

Deno.test("Track falls back within seconds, however often somebody makes its numbers leap", () => {
  const at = trackAt(10);
  let handedOn = 0;
  for (let second = 1; second <= 60; second++) {
    at.heardAt = second * 1_000;
    if (second % 2 === 0) at.event(1, second * 1_000_000);
    at.giveUp();
    const { kind } = at.event(1, 10 + second);
    if (kind === "contested" || kind === "next") handedOn++;
    else assert.equal(kind, "dropped");
    at.hello(1, 10 + second);
  }
  assert(handedOn >= 20, `${handedOn} of 60 were handed on`);
});

Deno.test("Track takes what comes late for no sign of life, however long ago something else came late", () => {
  const at = trackAt(10);
  for (const round of [1, 2]) {
    at.heardAt = round * 100_000;
    at.event(1, round * 10_000);
    at.giveUp();
    assert.deepEqual(at.event(1, round * 10_000 - 5_000), DROPPED);
  }
});

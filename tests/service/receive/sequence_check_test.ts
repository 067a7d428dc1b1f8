import assert from "node:assert/strict";
import type { GapNotice } from "../../../service/protocol/notices.ts";
import { SequenceCheck } from "../../../service/receive/sequence_check.ts";
import { EPOCH, PUBLISHER } from "../../support/numbered.ts";

/** Longer than any event is in flight. */
const LATER_MS = 3_001;

interface From {
  readonly epoch?: number;
  readonly topic?: string;
  readonly publisher?: string;
  readonly address?: string;
}

function setUp(maxTracks?: number) {
  const notices: GapNotice[] = [];
  const lost: string[] = [];
  const restarts: string[] = [];
  const firsts: (string | undefined)[] = [];
  const check = new SequenceCheck({
    wants: (topic) => topic !== "unwanted",
    onNotice: (notice) => notices.push(notice),
    onLost: (topic) => lost.push(topic),
    onRestart: (topic) => restarts.push(topic),
    onJump: (address) => firsts.push(address),
    ...maxTracks === undefined ? {} : { maxTracks },
  });
  let now = 0;
  const accepts = (seq: number, from: From = {}) => {
    const { epoch = EPOCH, topic = "D", publisher = PUBLISHER, address } = from;
    return check.accepts({ publisher, epoch, topic, seq, sentAt: 0 }, { address, now });
  };
  /** The accepted ones of these events. */
  const accepted = (seqs: readonly number[], from: From = {}) =>
    seqs.filter((seq) => accepts(seq, from));
  const pass = (ms: number) => now += ms;
  const takeNotices = () => notices.splice(0).map(shown);
  return { check, accepts, accepted, pass, takeNotices, lost, restarts, firsts };
}

function shown(notice: GapNotice): string {
  return notice.kind === "lost" ? `lost ${notice.from}..${notice.to}` : notice.kind;
}

Deno.test("SequenceCheck accepts consecutive events, from any first seq", () => {
  const { check, accepted, takeNotices, lost, firsts } = setUp();
  assert.deepEqual(accepted([7, 8, 9], { address: "a" }), [7, 8, 9]);
  assert.deepEqual(accepted([1, 2], { topic: "t" }), [1, 2]);
  assert.deepEqual([takeNotices(), lost, firsts], [[], [], ["a", undefined]]);
  assert.deepEqual(check.positions, [
    { publisher: PUBLISHER, epoch: EPOCH, topic: "D", seq: 9 },
    { publisher: PUBLISHER, epoch: EPOCH, topic: "t", seq: 2 },
  ]);
});

Deno.test("SequenceCheck drops an event without a notice, when it came before", () => {
  const { check, accepted, takeNotices, lost } = setUp();
  assert.deepEqual(accepted([1, 2, 2, 3, 1, 3, 4]), [1, 2, 3, 4]);
  assert.deepEqual([takeNotices(), lost, check.counters.duplicates], [[], [], 3]);
});

Deno.test("SequenceCheck reports a gap at once, and continues after it", () => {
  const { check, accepted, takeNotices, lost } = setUp();
  assert.deepEqual(accepted([1, 2, 5, 6]), [1, 2, 5, 6]);
  assert.deepEqual([takeNotices(), lost, check.counters.lost], [["lost 3..4"], ["D"], 2]);
});

Deno.test("SequenceCheck drops a late event of a gap, and syncs the topic again", () => {
  const { check, accepts, accepted, takeNotices, lost } = setUp();
  assert.deepEqual(accepted([1, 3]), [1, 3]);
  assert.equal(accepts(2), false);
  assert.deepEqual([takeNotices(), lost], [["lost 2..2"], ["D", "D"]]);
  assert.equal(check.counters.contradictions, 1);
  assert.equal(accepts(4), true);
});

Deno.test("SequenceCheck reports a restart, and the missed events of the new epoch", () => {
  const { accepted, takeNotices, lost, restarts } = setUp();
  accepted([4]);
  assert.deepEqual(accepted([1, 2], { epoch: 2 }), [1, 2]);
  assert.deepEqual([takeNotices(), lost, restarts], [["restart"], [], ["D"]]);
  assert.deepEqual(accepted([3, 4], { epoch: 3 }), [3, 4]);
  assert.deepEqual([takeNotices(), lost, restarts], [["restart", "lost 1..2"], ["D"], ["D"]]);
});

Deno.test("SequenceCheck drops late events of an ended epoch, and keeps its state", () => {
  const { accepted, takeNotices, lost } = setUp();
  accepted([1, 2]);
  accepted([1], { epoch: 2 });
  assert.deepEqual(accepted([2, 3]), []);
  assert.deepEqual(accepted([2], { epoch: 2 }), [2]);
  assert.deepEqual([takeNotices(), lost], [["restart"], ["D"]], "3 was never received");
});

Deno.test("SequenceCheck accepts any event after a gap, and counts from there", () => {
  for (const epoch of [EPOCH, 2]) {
    const { check, accepted, takeNotices, lost, restarts } = setUp();
    accepted([1, 2]);
    check.expectGap("D");
    assert.deepEqual(accepted([9, 10, 12], { epoch }), [9, 10, 12]);
    const restart = epoch === EPOCH ? [] : ["restart"];
    assert.deepEqual(takeNotices(), [...restart, "lost 11..11"]);
    assert.deepEqual([lost, restarts, check.counters.gaps], [["D"], [], 1]);
  }
});

Deno.test("SequenceCheck accepts any event after a gap, only for the gap's topic and address", () => {
  const { check, accepted, takeNotices } = setUp();
  const other = "8f8d3a52-7d4d-4f10-8c3c-0d6a3f6a4a00";
  accepted([1], { address: "a" });
  accepted([1], { address: "a", topic: "t" });
  accepted([1], { address: "b", publisher: other });
  check.expectGap("D", "a");
  assert.deepEqual(accepted([5], { address: "b", publisher: other }), [5]);
  assert.deepEqual(takeNotices(), ["lost 2..4"]);
  assert.deepEqual(accepted([5], { address: "a", topic: "t" }), [5]);
  assert.deepEqual(takeNotices(), ["lost 2..4"]);
  assert.deepEqual(accepted([5], { address: "a" }), [5]);
  assert.deepEqual(takeNotices(), []);
});

Deno.test("SequenceCheck emits no event twice after a gap, when another address delivers it again", () => {
  const { check, accepted, takeNotices } = setUp();
  accepted([1, 2, 3], { address: "a" });
  check.expectGap("D", "a");
  assert.deepEqual(accepted([2, 3, 4], { address: "b" }), [4]);
  assert.deepEqual(accepted([7, 8], { address: "a" }), [7, 8]);
  assert.deepEqual(takeNotices(), []);
});

Deno.test("SequenceCheck accepts the next event of every topic, when it is rebased", () => {
  const { check, accepted, takeNotices, restarts } = setUp();
  for (const topic of ["D", "t"]) accepted([1], { topic });
  check.rebase();
  assert.deepEqual(accepted([5]), [5]);
  assert.deepEqual(accepted([5], { topic: "t", epoch: 2 }), [5]);
  assert.deepEqual([takeNotices(), restarts], [["restart"], []]);
});

Deno.test("SequenceCheck reports a gap, when an event is missing after a rebase", () => {
  const { check, accepted, takeNotices } = setUp();
  accepted([1]);
  check.rebase();
  accepted([2, 4]);
  assert.deepEqual(takeNotices(), ["lost 3..3"]);
});

Deno.test("SequenceCheck accepts a publisher again within three seconds, when a forged event has a seq in the future", () => {
  const { accepts, accepted, pass, takeNotices, lost } = setUp();
  accepted([1, 2, 1_000_000]);
  assert.deepEqual(takeNotices(), ["lost 3..999999"]);
  let seq = 3;
  for (let ms = 0; !accepts(seq); ms += 100, seq++) {
    pass(100);
    assert(ms <= LATER_MS, "it is muted");
  }
  assert.deepEqual(takeNotices(), ["contested"]);
  assert.equal(lost.length, seq - 3 + 2, "each dropped event, the gap, and the accepted one");
  assert.deepEqual(accepted([seq + 1, seq + 2]), [seq + 1, seq + 2]);
  assert.deepEqual(accepted([2_000_000, seq + 3]), [2_000_000], "the next series of three seconds");
});

Deno.test("SequenceCheck accepts a publisher every three seconds, when forged events keep using future seqs or epochs", () => {
  for (const forges of ["leap", "restart"] as const) {
    const { accepts, pass, takeNotices } = setUp();
    let [seq, forged, believed] = [1, 1_000_000, 0];
    accepts(seq++);
    for (let ms = 0; ms < 60_000; ms += 100) {
      pass(100);
      if (ms % 1_000 === 0) {
        accepts(
          forges === "leap" ? forged += 1_000 : 1,
          forges === "leap" ? {} : { epoch: ms + 1 },
        );
      }
      if (accepts(seq++)) believed++;
    }
    const contested = takeNotices().filter((kind) => kind === "contested").length;
    assert(contested >= 14, `${forges}: accepted again ${contested} times in 60 s`);
    assert(believed > contested, forges);
  }
});

Deno.test("SequenceCheck reports two publishers that share an id, and loses neither for long", () => {
  const { accepts, pass, takeNotices, lost } = setUp();
  assert.equal(accepts(1, { epoch: 1 }), true);
  assert.equal(accepts(1, { epoch: 2 }), true);
  assert.equal(accepts(2, { epoch: 1 }), false);
  assert.deepEqual([takeNotices(), lost.splice(0)], [["restart"], ["D"]]);
  pass(LATER_MS);
  assert.equal(accepts(3, { epoch: 1 }), true);
  assert.deepEqual([takeNotices(), lost.splice(0)], [["contested", "lost 2..2"], ["D"]]);
  pass(LATER_MS);
  assert.equal(accepts(2, { epoch: 2 }), true);
  assert.deepEqual([takeNotices(), lost.splice(0)], [["contested"], ["D"]]);
});

Deno.test("SequenceCheck reports no false loss, whatever it has forgotten", () => {
  const { check, accepts, takeNotices } = setUp(100);
  for (let seq = 1; seq <= 3; seq++) {
    for (let n = 0; n < 1_000; n++) assert.equal(accepts(seq, { topic: `t${n}` }), true);
    assert(check.positions.length <= 100, `${check.positions.length} tracks`);
  }
  assert.deepEqual(takeNotices(), []);
});

Deno.test("SequenceCheck forgets the publishers that were silent the longest, when others arrive", () => {
  const { accepts, takeNotices } = setUp(100);
  for (let seq = 1; seq <= 50; seq++) {
    accepts(seq);
    for (let n = 0; n < 20; n++) accepts(1, { topic: `${seq}-${n}` });
  }
  accepts(52);
  assert.deepEqual(takeNotices(), ["lost 51..51"]);
});

Deno.test("SequenceCheck tracks 100,000 pairs of publisher and topic at once", () => {
  const { check, accepts, takeNotices } = setUp();
  for (const seq of [1, 2, 4]) {
    for (let n = 0; n < 100_000; n++) {
      assert.equal(accepts(seq, { publisher: `p${n % 10}`, topic: `t${n}` }), true);
    }
  }
  assert.equal(takeNotices().length, 100_000, "each gap is reported");
  assert.equal(check.positions.length, 100_000);
});

Deno.test("SequenceCheck drops events of a topic without a subscription, and remembers nothing of it", () => {
  const { check, accepted } = setUp();
  assert.deepEqual(accepted([1, 2], { topic: "unwanted" }), []);
  assert.deepEqual(check.positions, []);
});

Deno.test("SequenceCheck starts afresh, when a topic was forgotten", () => {
  const { check, accepted, takeNotices } = setUp();
  accepted([1]);
  accepted([1], { topic: "t" });
  check.forgetTopic("t");
  assert.deepEqual(check.positions.map(({ topic }) => topic), ["D"]);
  assert.deepEqual(accepted([9, 10], { topic: "t" }), [9, 10]);
  assert.deepEqual(takeNotices(), []);
});

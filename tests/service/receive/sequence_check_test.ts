import assert from "node:assert/strict";
import type { GapNotice } from "../../../service/protocol/notices.ts";
import { SequenceCheck } from "../../../service/receive/sequence_check.ts";
import { EPOCH, PUBLISHER } from "../../support/numbered.ts";

/** More than an event may be on its way. */
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
  /** Those of these events that are accepted. */
  const accepted = (seqs: readonly number[], from: From = {}) =>
    seqs.filter((seq) => accepts(seq, from));
  const pass = (ms: number) => now += ms;
  const told = () => notices.splice(0).map(shown);
  return { check, accepts, accepted, pass, told, lost, restarts, firsts };
}

function shown(notice: GapNotice): string {
  return notice.kind === "lost" ? `lost ${notice.from}..${notice.to}` : notice.kind;
}

Deno.test("SequenceCheck accepts events that follow one another, from wherever they begin", () => {
  const { check, accepted, told, lost, firsts } = setUp();
  assert.deepEqual(accepted([7, 8, 9], { address: "a" }), [7, 8, 9]);
  assert.deepEqual(accepted([1, 2], { topic: "t" }), [1, 2]);
  assert.deepEqual([told(), lost, firsts], [[], [], ["a", undefined]]);
  assert.deepEqual(check.positions, [
    { publisher: PUBLISHER, epoch: EPOCH, topic: "D", seq: 9 },
    { publisher: PUBLISHER, epoch: EPOCH, topic: "t", seq: 2 },
  ]);
});

Deno.test("SequenceCheck drops an event that came before, without a word", () => {
  const { check, accepted, told, lost } = setUp();
  assert.deepEqual(accepted([1, 2, 2, 3, 1, 3, 4]), [1, 2, 3, 4]);
  assert.deepEqual([told(), lost, check.counters.duplicates], [[], [], 3]);
});

Deno.test("SequenceCheck tells of a hole at once, and passes over it", () => {
  const { check, accepted, told, lost } = setUp();
  assert.deepEqual(accepted([1, 2, 5, 6]), [1, 2, 5, 6]);
  assert.deepEqual([told(), lost, check.counters.lost], [["lost 3..4"], ["D"], 2]);
});

Deno.test("SequenceCheck drops an event of a hole that comes late, and has the topic synced again", () => {
  const { check, accepts, accepted, told, lost } = setUp();
  assert.deepEqual(accepted([1, 3]), [1, 3]);
  assert.equal(accepts(2), false);
  assert.deepEqual([told(), lost], [["lost 2..2"], ["D", "D"]]);
  assert.equal(check.counters.contradictions, 1);
  assert.equal(accepts(4), true);
});

Deno.test("SequenceCheck tells of a restart, and of what it missed of the new epoch", () => {
  const { accepted, told, lost, restarts } = setUp();
  accepted([4]);
  assert.deepEqual(accepted([1, 2], { epoch: 2 }), [1, 2]);
  assert.deepEqual([told(), lost, restarts], [["restart"], [], ["D"]]);
  assert.deepEqual(accepted([3, 4], { epoch: 3 }), [3, 4]);
  assert.deepEqual([told(), lost, restarts], [["restart", "lost 1..2"], ["D"], ["D"]]);
});

Deno.test("SequenceCheck drops what is left of an epoch that is over, and is not confused by it", () => {
  const { accepted, told, lost } = setUp();
  accepted([1, 2]);
  accepted([1], { epoch: 2 });
  assert.deepEqual(accepted([2, 3]), []);
  assert.deepEqual(accepted([2], { epoch: 2 }), [2]);
  assert.deepEqual([told(), lost], [["restart"], ["D"]], "3 was never received");
});

Deno.test("SequenceCheck accepts whatever comes after a gap, and counts from there", () => {
  for (const epoch of [EPOCH, 2]) {
    const { check, accepted, told, lost, restarts } = setUp();
    accepted([1, 2]);
    check.expectGap("D");
    assert.deepEqual(accepted([9, 10, 12], { epoch }), [9, 10, 12]);
    const restart = epoch === EPOCH ? [] : ["restart"];
    assert.deepEqual(told(), [...restart, "lost 11..11"]);
    assert.deepEqual([lost, restarts, check.counters.gaps], [["D"], [], 1]);
  }
});

Deno.test("SequenceCheck accepts whatever comes after a gap of one topic and address, of no other", () => {
  const { check, accepted, told } = setUp();
  const other = "8f8d3a52-7d4d-4f10-8c3c-0d6a3f6a4a00";
  accepted([1], { address: "a" });
  accepted([1], { address: "a", topic: "t" });
  accepted([1], { address: "b", publisher: other });
  check.expectGap("D", "a");
  assert.deepEqual(accepted([5], { address: "b", publisher: other }), [5]);
  assert.deepEqual(told(), ["lost 2..4"]);
  assert.deepEqual(accepted([5], { address: "a", topic: "t" }), [5]);
  assert.deepEqual(told(), ["lost 2..4"]);
  assert.deepEqual(accepted([5], { address: "a" }), [5]);
  assert.deepEqual(told(), []);
});

Deno.test("SequenceCheck hands no event out twice after a gap, when another address brings it again", () => {
  const { check, accepted, told } = setUp();
  accepted([1, 2, 3], { address: "a" });
  check.expectGap("D", "a");
  assert.deepEqual(accepted([2, 3, 4], { address: "b" }), [4]);
  assert.deepEqual(accepted([7, 8], { address: "a" }), [7, 8]);
  assert.deepEqual(told(), []);
});

Deno.test("SequenceCheck accepts what comes next of every topic, when it is rebased", () => {
  const { check, accepted, told, restarts } = setUp();
  for (const topic of ["D", "t"]) accepted([1], { topic });
  check.rebase();
  assert.deepEqual(accepted([5]), [5]);
  assert.deepEqual(accepted([5], { topic: "t", epoch: 2 }), [5]);
  assert.deepEqual([told(), restarts], [["restart"], []]);
});

Deno.test("SequenceCheck tells a hole that comes after a gap was followed without one", () => {
  const { check, accepted, told } = setUp();
  accepted([1]);
  check.rebase();
  accepted([2, 4]);
  assert.deepEqual(told(), ["lost 3..3"]);
});

Deno.test("SequenceCheck believes a publisher again within three seconds, when a forged event leapt ahead", () => {
  const { accepts, accepted, pass, told, lost } = setUp();
  accepted([1, 2, 1_000_000]);
  assert.deepEqual(told(), ["lost 3..999999"]);
  let seq = 3;
  for (let ms = 0; !accepts(seq); ms += 100, seq++) {
    pass(100);
    assert(ms <= LATER_MS, "it is muted");
  }
  assert.deepEqual(told(), ["contested"]);
  assert.equal(lost.length, seq - 3 + 2, "each that was dropped, the hole, and the one believed");
  assert.deepEqual(accepted([seq + 1, seq + 2]), [seq + 1, seq + 2]);
});

Deno.test("SequenceCheck believes a publisher every three seconds, when forged events leap ahead or restart it again and again", () => {
  for (const forges of ["leap", "restart"] as const) {
    const { accepts, pass, told } = setUp();
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
    const contested = told().filter((kind) => kind === "contested").length;
    assert(contested >= 14, `${forges}: believed again ${contested} times in 60 s`);
    assert(believed > contested, forges);
  }
});

Deno.test("SequenceCheck tells of two that share an id, whichever speaks, and loses neither for long", () => {
  const { accepts, pass, told, lost } = setUp();
  assert.equal(accepts(1, { epoch: 1 }), true);
  assert.equal(accepts(1, { epoch: 2 }), true);
  assert.equal(accepts(2, { epoch: 1 }), false);
  assert.deepEqual([told(), lost.splice(0)], [["restart"], ["D"]]);
  pass(LATER_MS);
  assert.equal(accepts(3, { epoch: 1 }), true);
  assert.deepEqual([told(), lost.splice(0)], [["contested", "lost 2..2"], ["D"]]);
  pass(LATER_MS);
  assert.equal(accepts(2, { epoch: 2 }), true);
  assert.deepEqual([told(), lost.splice(0)], [["contested"], ["D"]]);
});

Deno.test("SequenceCheck makes no false loss, whatever it has forgotten", () => {
  const { check, accepts, told } = setUp(100);
  for (let seq = 1; seq <= 3; seq++) {
    for (let n = 0; n < 1_000; n++) assert.equal(accepts(seq, { topic: `t${n}` }), true);
    assert(check.positions.length <= 100, `${check.positions.length} tracks`);
  }
  assert.deepEqual(told(), []);
});

Deno.test("SequenceCheck forgets those that were silent for the longest, when others come", () => {
  const { accepts, told } = setUp(100);
  for (let seq = 1; seq <= 50; seq++) {
    accepts(seq);
    for (let n = 0; n < 20; n++) accepts(1, { topic: `${seq}-${n}` });
  }
  accepts(52);
  assert.deepEqual(told(), ["lost 51..51"]);
});

Deno.test("SequenceCheck has 100,000 tracks of publishers and topics at once", () => {
  const { check, accepts, told } = setUp();
  for (const seq of [1, 2, 4]) {
    for (let n = 0; n < 100_000; n++) {
      assert.equal(accepts(seq, { publisher: `p${n % 10}`, topic: `t${n}` }), true);
    }
  }
  assert.equal(told().length, 100_000, "each hole shows");
  assert.equal(check.positions.length, 100_000);
});

Deno.test("SequenceCheck drops events of a topic that is not subscribed to, and remembers nothing of it", () => {
  const { check, accepted } = setUp();
  assert.deepEqual(accepted([1, 2], { topic: "unwanted" }), []);
  assert.deepEqual(check.positions, []);
});

Deno.test("SequenceCheck begins anew, when a topic was forgotten", () => {
  const { check, accepted, told } = setUp();
  accepted([1]);
  accepted([1], { topic: "t" });
  check.forgetTopic("t");
  assert.deepEqual(check.positions.map(({ topic }) => topic), ["D"]);
  assert.deepEqual(accepted([9, 10], { topic: "t" }), [9, 10]);
  assert.deepEqual(told(), []);
});

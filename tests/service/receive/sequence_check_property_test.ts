import assert from "node:assert/strict";
import { SequenceCheck } from "../../../service/receive/sequence_check.ts";
import { PUBLISHER } from "../../support/numbered.ts";

const ROUNDS = 300;
const EVENTS = 200;

/** A transmitted item: an event, or a gap in its place. */
interface Sent {
  readonly epoch: number;
  /** 0 marks a gap. */
  readonly seq: number;
}

function randomFrom(seed: number): (below: number) => number {
  let state = seed;
  return (below) => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return Math.floor(state / 2 ** 32 * below);
  };
}

/** The faults of a connection: each fault affects one event in this number, or none for 0. */
interface Link {
  readonly drop?: number;
  readonly duplicate?: number;
  readonly reorder?: number;
  readonly restart?: number;
  /** Whether a gap takes the place of each dropped event. */
  readonly tellsGaps?: boolean;
}

/** The events that a publisher sends, and the items that arrive. */
function transmit(link: Link, random: (below: number) => number) {
  const happens = (oneIn = 0) => oneIn > 0 && random(oneIn) === 0;
  const sent: Sent[] = [];
  const arrived: Sent[] = [];
  /** The arrivals without duplicates. */
  const came: Sent[] = [];
  let [epoch, seq] = [1, 0];
  for (let n = 0; n < EVENTS; n++) {
    // A publisher restarts only after every event in flight has arrived.
    if (seq >= 10 && happens(link.restart)) [epoch, seq] = [epoch + 1, 0];
    const event = { epoch, seq: ++seq };
    sent.push(event);
    const isDropped = n > 0 && n < EVENTS - 1 && happens(link.drop);
    if (!isDropped) {
      arrived.push(event);
      came.push(event);
    } else if (link.tellsGaps) arrived.push({ epoch, seq: 0 });
    if (!isDropped && happens(link.duplicate)) {
      arrived.push(came.at(-1 - random(10)) ?? event);
    }
    if (happens(link.reorder)) {
      const at = Math.max(arrived.findIndex((each) => each.epoch === epoch), arrived.length - 5);
      arrived.splice(at + random(arrived.length - at), 0, ...arrived.splice(-1));
    }
  }
  return { sent, arrived };
}

/** Feeds a check, and determines the fate of each event. */
function receive(arrived: readonly Sent[]) {
  const delivered: Sent[] = [];
  const lost = new Set<string>();
  /** The number of the arrival after which the topic was last reported as lost. */
  let syncedAt = -1;
  const check = new SequenceCheck({
    wants: () => true,
    onNotice(notice) {
      if (notice.kind !== "lost") return;
      for (let seq = notice.from; seq <= notice.to; seq++) lost.add(`${notice.epoch}/${seq}`);
    },
    onLost: () => syncedAt = at,
    onRestart: () => syncedAt = at,
  });
  let at = 0;
  for (const { epoch, seq } of arrived) {
    at++;
    if (seq === 0) {
      check.expectGap("D");
      syncedAt = at;
    } else {
      const origin = { publisher: PUBLISHER, epoch, topic: "D", seq, sentAt: 0 };
      if (check.accepts(origin, { address: undefined, now: 0 })) delivered.push({ epoch, seq });
    }
  }
  return { delivered, lost, check, syncedAt: () => syncedAt };
}

const nameOf = ({ epoch, seq }: Sent) => `${epoch}/${seq}`;

function rounds(link: Link, verify: (seed: number, set: Round) => void): void {
  for (let seed = 1; seed <= ROUNDS; seed++) {
    const { sent, arrived } = transmit(link, randomFrom(seed));
    verify(seed, { sent, arrived, ...receive(arrived) });
  }
}

type Round = ReturnType<typeof transmit> & ReturnType<typeof receive>;

function assertInOrderAndOnce(seed: number, { delivered }: Round): void {
  for (const [index, { epoch, seq }] of delivered.entries()) {
    const before = delivered[index - 1];
    const isAfter = before === undefined || epoch > before.epoch ||
      (epoch === before.epoch && seq > before.seq);
    assert(isAfter, `seed ${seed}: ${epoch}/${seq} after ${before && nameOf(before)}`);
  }
}

Deno.test("SequenceCheck names each missing event exactly, when events are dropped and duplicated", () => {
  rounds({ drop: 7, duplicate: 9 }, (seed, round) => {
    assertInOrderAndOnce(seed, round);
    const { sent, delivered, lost, check } = round;
    const came = new Set(delivered.map(nameOf));
    const missing = sent.map(nameOf).filter((name) => !came.has(name));
    assert.deepEqual([...lost], missing, `seed ${seed}`);
    assert.equal(check.counters.lost, missing.length, `seed ${seed}`);
  });
});

Deno.test("SequenceCheck accepts every event except duplicates, when no event is dropped", () => {
  rounds({ duplicate: 5, restart: 30 }, (seed, round) => {
    assert.deepEqual(round.delivered, round.sent, `seed ${seed}`);
    assert.equal(round.lost.size, 0, `seed ${seed}`);
  });
});

Deno.test("SequenceCheck reports nothing as lost, when each loss is a gap in its place", () => {
  rounds({ drop: 7, tellsGaps: true }, (seed, round) => {
    assertInOrderAndOnce(seed, round);
    const { arrived, delivered, lost } = round;
    assert.deepEqual(delivered, arrived.filter(({ seq }) => seq > 0), `seed ${seed}`);
    assert.equal(lost.size, 0, `seed ${seed}`);
  });
});

Deno.test("SequenceCheck covers each missing event by a notice or a later sync, whatever a connection does", () => {
  rounds({ drop: 7, duplicate: 9, reorder: 8, restart: 40 }, (seed, round) => {
    assertInOrderAndOnce(seed, round);
    const { sent, arrived, delivered, lost, check, syncedAt } = round;
    const came = new Set(delivered.map(nameOf));
    let last = 0;
    for (const event of sent) {
      if (came.has(nameOf(event))) continue;
      last = arrived.findIndex((each) => nameOf(each) === nameOf(event));
      const seqs = delivered.filter(({ epoch }) => epoch === event.epoch).map(({ seq }) => seq);
      // No notice names the last events of an epoch, or events before the first arrival.
      const isEdge = event.seq > Math.max(0, ...seqs) ||
        (event.epoch === 1 && event.seq < Math.min(...seqs));
      assert(
        lost.has(nameOf(event)) || isEdge,
        `seed ${seed}: nothing covers ${nameOf(event)}`,
      );
      assert(syncedAt() > last, `seed ${seed}: no sync after ${nameOf(event)} was dropped`);
    }
    const { duplicates, contradictions } = check.counters;
    assert.equal(delivered.length + duplicates + contradictions, arrived.length, `seed ${seed}`);
  });
});

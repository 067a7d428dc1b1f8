import assert from "node:assert/strict";
import type { Received } from "../../../../service/receive/subscriber.ts";
import { type Answering, keeping, setUpHealer } from "../../../support/healer_fixture.ts";
import { heard, received } from "../../../support/numbered.ts";

const EVENTS = 300;
const SEEDS = 150;

/** Numbers from 0 to below 1 that a seed decides (mulberry32). */
function randomOf(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

/** What arrives of one epoch's events, after the first: some not, some twice, some out of order. */
function arrivals(epoch: number, random: () => number): Received[] {
  const all: { at: number; item: Received }[] = [];
  for (let seq = 1; seq <= EVENTS; seq++) {
    if (random() < 0.15) continue;
    const delay = random() < 0.1 ? random() * 8 : 0;
    all.push({ at: seq + delay, item: received(seq, { epoch }) });
    if (random() < 0.1) all.push({ at: seq + random() * 20, item: received(seq, { epoch }) });
    if (random() < 0.05) all.push({ at: seq + 0.5, item: heard(seq, { epoch }) });
  }
  return all.sort((a, b) => a.at - b.at).map(({ item }) => item);
}

/** A publisher that keeps some events, answers in pieces, and now and then not at all. */
function moody(random: () => number): Answering {
  return (request, signal) => {
    if (random() < 0.1) return Promise.reject(new Error("no answer"));
    const first = random() < 0.3 ? request.from + Math.floor(random() * 4) : 1;
    return keeping(first, EVENTS, 1 + Math.floor(random() * 5))(request, signal);
  };
}

async function run(seed: number) {
  const random = randomOf(seed);
  const answers = random() < 0.8 ? { answers: moody(random) } : {};
  const fixture = setUpHealer({ ...answers, holdEvents: 5 + Math.floor(random() * 100) });
  const { take, clock, healer } = fixture;
  const epochs = [5, 3, 9];
  for (const epoch of epochs) {
    await take(heard(0, { epoch }));
    const items = arrivals(epoch, random);
    while (items.length > 0) {
      await take(...items.splice(0, 1 + Math.floor(random() * 30)));
    }
    await take(heard(EVENTS, { epoch }));
    await clock.advance(300);
    await clock.advance(1_000);
  }
  await healer[Symbol.asyncDispose]();
  return { ...fixture, epochs };
}

Deno.test("GapHealer's ledger closes: each event is handed on once and in order, or told as lost", async () => {
  for (let seed = 1; seed <= SEEDS; seed++) {
    const { ready, healer, epochs, notices } = await run(seed);
    const { missing, replayed, late, lost, held } = healer.counters;
    assert.equal(missing, replayed + late + lost, `seed ${seed}`);
    assert.equal(ready.length + lost, EVENTS * epochs.length, `seed ${seed}`);
    assert.equal(held, 0, `seed ${seed}`);
    for (const epoch of epochs) {
      const seqs = ready.flatMap(({ origin }) => origin?.epoch === epoch ? [origin.seq] : []);
      assert(seqs.every((seq, n) => n === 0 || seq > (seqs[n - 1] ?? 0)), `order, seed ${seed}`);
    }
    assert.equal(total(notices, "lost"), lost, `told lost, seed ${seed}`);
    assert.equal(total(notices, "gap"), missing, `told gaps, seed ${seed}`);
    assert.equal(total(notices, "healed"), replayed + late, `told healed, seed ${seed}`);
  }
});

function total(
  notices: Awaited<ReturnType<typeof run>>["notices"],
  kind: "gap" | "lost" | "healed",
): number {
  return notices.reduce(
    (sum, notice) => notice.kind === kind ? sum + notice.to - notice.from + 1 : sum,
    0,
  );
}

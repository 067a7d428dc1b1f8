import assert from "node:assert/strict";
import type { HealthEvent } from "../../../drivers/contract/health.ts";
import { HealthStream } from "../../../drivers/contract/health_stream.ts";

const MANY = 2_000;

function dropped(total: number): HealthEvent {
  return { kind: "dropped", reason: "frame-count", total };
}

/** Returns what a late reader receives, after all events. */
async function readAfter(publish: (stream: HealthStream) => void): Promise<HealthEvent[]> {
  const stream = new HealthStream();
  const reader = stream[Symbol.asyncIterator]();
  publish(stream);
  stream.close();
  return await Array.fromAsync(reader);
}

Deno.test("HealthStream keeps losses and live events of a connection, however many invalid messages arrive", async () => {
  const lost: HealthEvent = { kind: "disconnected", address: "tcp://a:1", reason: "cut" };
  const live: HealthEvent = { kind: "live", address: "tcp://a:1", proof: "confirmed" };
  const seen = await readAfter((stream) => {
    stream.publish(lost);
    stream.publish(live);
    for (let total = 1; total <= MANY; total++) stream.publish(dropped(total));
  });
  assert.deepEqual(seen.slice(0, 2), [lost, live]);
  assert.deepEqual(seen.at(-1), dropped(MANY));
  assert(seen.length <= 256, String(seen.length));
});

Deno.test("HealthStream keeps the last state of each address, however many addresses there are", async () => {
  const seen = await readAfter((stream) => {
    for (let n = 0; n < MANY; n++) {
      const address = `tcp://a:${n}`;
      stream.publish({ kind: "connected", address });
      stream.publish({ kind: "disconnected", address, reason: "slow" });
      stream.publish({ kind: "live", address, proof: "confirmed" });
    }
  });
  for (const kind of ["disconnected", "live"]) {
    assert.equal(seen.filter((event) => event.kind === kind).length, MANY, kind);
  }
});

Deno.test("HealthStream gives a slow reader the newest events of a connection once, in order", async () => {
  const address = "tcp://a:1";
  const seen = await readAfter((stream) => {
    for (let n = 0; n < MANY; n++) {
      stream.publish({ kind: "disconnected", address, reason: String(n) });
      stream.publish({ kind: "live", address, proof: "confirmed" });
    }
  });
  assert(seen.length <= 256, String(seen.length));
  assert.deepEqual(seen.at(-2), { kind: "disconnected", address, reason: String(MANY - 1) });
  assert.equal(seen.at(-1)?.kind, "live");
});

Deno.test("HealthStream examines each event of a burst once, however long its queue is", async () => {
  let examined = 0;
  const lost = (n: number, reason: string): HealthEvent => ({
    kind: "disconnected",
    get address() {
      examined++;
      return `a${n}`;
    },
    reason,
  });
  const all = 10_000;
  const repeated = Array.from({ length: 1_000 }, (_, n) => 7 * n);
  const seen = await readAfter((stream) => {
    for (let n = 0; n < all; n++) stream.publish(lost(n, "first"));
    for (const n of repeated) stream.publish(lost(n, "again"));
  });
  assert(examined <= 2 * (all + repeated.length), `it examined ${examined} events`);
  const summaries = seen.map((event) =>
    event.kind === "disconnected" && `${event.address} ${event.reason}`
  );
  const isRepeated = new Set(repeated);
  const once = Array.from({ length: all }, (_, n) => n).filter((n) => !isRepeated.has(n));
  assert.deepEqual(summaries, [
    ...once.map((n) => `a${n} first`),
    ...repeated.map((n) => `a${n} again`),
  ]);
});

Deno.test("HealthStream drops the oldest event, when too many important events are queued", async () => {
  const lost = (n: number): HealthEvent => ({
    kind: "disconnected",
    address: `tcp://a:${n}`,
    reason: "reset",
  });
  const seen = await readAfter((stream) => {
    for (let n = 0; n < 10_005; n++) stream.publish(lost(n));
  });
  assert.equal(seen.length, 10_000);
  assert.deepEqual([seen[0], seen.at(-1)], [lost(5), lost(10_004)]);
});

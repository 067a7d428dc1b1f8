import assert from "node:assert/strict";
import { SyncPacer } from "../../../service/receive/sync_pacer.ts";
import { FakeClock } from "../../support/fakes/fake_clock.ts";

const JITTER_MS = 1_000;
const INTERVAL_MS = 5_000;

function setUp(random: () => number = () => 0.5) {
  const clock = new FakeClock();
  const synced: string[] = [];
  const onSync = (topic: string) => synced.push(`${topic} ${clock.monotonic()}`);
  const pacer = new SyncPacer({
    jitterMs: JITTER_MS,
    intervalMs: INTERVAL_MS,
    random,
    clock,
    onSync,
  });
  return { clock, synced, pacer };
}

Deno.test("SyncPacer waits for a random part of the jitter, separately for each topic", async () => {
  const random = [0.25, 0.75];
  const { clock, synced, pacer } = setUp(() => random.shift() ?? 0);
  pacer.request("a");
  pacer.request("b");
  await clock.advance(JITTER_MS);
  assert.deepEqual(synced, ["a 250", "b 750"]);
});

Deno.test("SyncPacer merges several losses into one sync, and syncs a later loss too", async () => {
  const { clock, synced, pacer } = setUp();
  for (let n = 0; n < 3; n++) pacer.request("a");
  await clock.advance(JITTER_MS);
  for (let n = 0; n < 3; n++) pacer.request("a");
  await clock.advance(INTERVAL_MS - 1);
  assert.deepEqual(synced, ["a 500"]);
  await clock.advance(JITTER_MS);
  assert.deepEqual(synced, ["a 500", "a 6000"]);
  await clock.advance(100_000);
  pacer.request("a");
  await clock.advance(JITTER_MS);
  assert.deepEqual(synced.length, 3);
});

Deno.test("SyncPacer.close drops the pending syncs, and ignores later requests", async () => {
  const { clock, synced, pacer } = setUp();
  pacer.request("a");
  pacer.close();
  pacer.request("a");
  await clock.settle();
  assert.equal(clock.sleepers, 0);
  await clock.advance(INTERVAL_MS);
  assert.deepEqual(synced, []);
});

Deno.test("SyncPacer.cover drops the pending syncs, and later requests still lead to a sync", async () => {
  const { clock, synced, pacer } = setUp();
  pacer.request("a");
  pacer.cover();
  await clock.settle();
  assert.equal(clock.sleepers, 0);
  pacer.request("a");
  await clock.advance(JITTER_MS);
  assert.deepEqual(synced, ["a 500"]);
});

import assert from "node:assert/strict";
import { ReturnWatch } from "../../../../service/receive/gaps/return_watch.ts";
import { FakeClock } from "../../../support/fake_clock.ts";

const PATIENCE_MS = 2_000;
const AT = "tcp://a:1";

function setUp(topics: readonly string[] = ["D", "t"], patienceMs = PATIENCE_MS) {
  const clock = new FakeClock();
  const syncs: number[] = [];
  const onSync = () => syncs.push(clock.monotonic());
  const frames = { read: 0, taken: 0 };
  const arrivals = () => frames;
  const left: number[] = [];
  const onLeft = () => left.push(clock.monotonic());
  const options = { patienceMs, clock, topics: () => topics, arrivals, onSync, onLeft };
  return { clock, syncs, left, watch: new ReturnWatch(options), frames };
}

Deno.test("ReturnWatch wants no sync, when every topic's hello is of a start that was known", async () => {
  const { clock, syncs, watch } = setUp();
  watch.away(AT);
  watch.live(AT, "echo");
  watch.heard(AT, "D", true);
  watch.heard(AT, "t", true);
  await clock.advance(PATIENCE_MS);
  assert.deepEqual([syncs, clock.sleepers], [[], 0]);
});

Deno.test("ReturnWatch wants one sync at once, when another start is heard, before or after live", async () => {
  const { clock, syncs, watch } = setUp();
  watch.away(AT);
  watch.heard(AT, "D", false);
  assert.deepEqual(syncs, []);
  watch.live(AT, "echo");
  watch.heard(AT, "t", false);
  watch.away(AT);
  watch.live(AT, "echo");
  watch.heard(AT, "D", true);
  watch.heard(AT, "t", false);
  await clock.advance(PATIENCE_MS);
  assert.deepEqual([syncs, clock.sleepers], [[0, 0], 0]);
});

Deno.test("ReturnWatch wants one sync, when a topic's hello does not come in time", async () => {
  const { clock, syncs, watch } = setUp();
  watch.away(AT);
  watch.live(AT, "echo");
  watch.heard(AT, "D", true);
  watch.heard("tcp://other:1", "t", true);
  await clock.advance(PATIENCE_MS * 2);
  assert.deepEqual(syncs, [PATIENCE_MS]);
});

Deno.test("ReturnWatch wants a sync at once, when nothing answered or no hello comes", () => {
  for (const [proof, patienceMs] of [["handshake", 1], ["confirmed", 1], ["echo", 0]] as const) {
    const { syncs, watch } = setUp(["D"], patienceMs);
    watch.live(AT, proof);
    assert.deepEqual(syncs, []);
    watch.away(AT);
    watch.live(AT, proof);
    watch.live(AT, proof);
    assert.deepEqual(syncs, [0], proof);
  }
});

Deno.test("ReturnWatch counts anew, when the connection is lost again", async () => {
  const { clock, syncs, watch } = setUp(["D"]);
  watch.away(AT);
  watch.live(AT, "echo");
  await clock.advance(PATIENCE_MS - 1);
  watch.away(AT);
  await clock.advance(PATIENCE_MS);
  assert.deepEqual(syncs, []);
  watch.live(AT, "echo");
  watch.leave(AT);
  await clock.advance(PATIENCE_MS);
  assert.deepEqual([syncs, clock.sleepers], [[], 0]);
});

Deno.test("ReturnWatch believes no hello from before it was live, however late it is taken", () => {
  const { clock, syncs, watch, frames } = setUp(["D"]);
  watch.away(AT);
  watch.heard(AT, "D", true);
  frames.read = 3;
  watch.live(AT, "echo");
  frames.taken = 2;
  watch.heard(AT, "D", true);
  assert.equal(clock.sleepers, 1);
  watch.heard(AT, "D", false);
  assert.deepEqual(syncs, [0]);
});

Deno.test("ReturnWatch wants no sync, when hellos come again that were taken before it was live", async () => {
  const { clock, syncs, watch, frames } = setUp(["D", "t"]);
  watch.away(AT);
  watch.heard(AT, "D", true);
  frames.read = 3;
  watch.live(AT, "echo");
  frames.taken = 3;
  watch.heard(AT, "D", true);
  frames.read = 9;
  watch.live(AT, "echo");
  watch.heard(AT, "t", true);
  await clock.advance(PATIENCE_MS);
  assert.deepEqual([syncs, clock.sleepers], [[], 0]);
});

Deno.test("ReturnWatch tells of a publisher that is left, once it was live, whether it is away or not", () => {
  const { watch, left, syncs } = setUp();
  watch.leave(AT);
  watch.away(AT);
  watch.leave(AT);
  assert.deepEqual(left, []);
  watch.live(AT, "echo");
  watch.leave(AT);
  watch.leave(AT);
  watch.live(AT, "echo");
  watch.away(AT);
  watch.leave(AT);
  assert.deepEqual([left, syncs], [[0, 0], []]);
});

Deno.test("ReturnWatch wants a sync, when somebody unknown is heard where nothing proved it live", () => {
  const { watch, syncs } = setUp();
  watch.live(AT, "echo");
  watch.heard(AT, "D", false);
  assert.deepEqual(syncs, []);
  watch.live(AT, "handshake");
  watch.heard(AT, "D", true);
  assert.deepEqual(syncs, []);
  watch.heard(AT, "t", false);
  watch.heard(AT, "t", false);
  assert.deepEqual(syncs, [0]);
});

import assert from "node:assert/strict";
import { decodeUpdate } from "../../../../service/event/codec/decode.ts";
import { loadTopics, readLoadEvent } from "../../../../cli/bench/load/load_event.ts";
import { LoadSender, type LoadSenderOptions } from "../../../../cli/bench/load/load_sender.ts";
import { FakeClock } from "../../../support/fakes/fake_clock.ts";
import { FakeFrames, type SentFrame } from "../../../support/fakes/fake_frames.ts";

const never = new AbortController().signal;

function load(publishers: number, options: Partial<LoadSenderOptions> = {}) {
  const clock = new FakeClock();
  const frames = Array.from({ length: publishers }, () => new FakeFrames());
  const turns = { breaths: 0 };
  const sender = new LoadSender(frames, {
    run: "0a1b2c3d",
    topics: loadTopics(1),
    size: 250,
    format: "map",
    maxEventBytes: 1_000,
    sendTimeoutMs: 5_000,
    clock,
    nextTurn: async () => {
      turns.breaths++;
      await Promise.resolve();
    },
    ...options,
  });
  return { sender, frames, clock, turns };
}

function eventsOf(frames: FakeFrames | undefined) {
  return (frames?.sent ?? []).map(({ topic, payload }: SentFrame) => {
    const event = readLoadEvent(decodeUpdate(payload, topic));
    return `${topic.at(-1)} ${event?.phase} ${event?.seq}`;
  });
}

Deno.test("LoadSender numbers the events of each publisher and topic, in turn", async () => {
  const { sender, frames } = load(2, { topics: loadTopics(2) });
  await sender.send("measure", { events: 6, signal: never });
  await sender.sendEnds(never);
  assert.deepEqual(eventsOf(frames[0]), [
    "1 measure 1",
    "2 measure 1",
    "1 measure 2",
    "1 end 2",
    "2 end 1",
  ]);
  assert.deepEqual(sender.measured.map(({ sent }) => sent), [2, 2, 1, 1]);
  assert.equal(sender.sent("measure"), 6);
});

Deno.test("LoadSender counts warm-up separately from the measurement", async () => {
  const { sender, frames } = load(1);
  await sender.send("warmup", { events: 2, signal: never });
  await sender.send("measure", { events: 1, signal: never });
  assert.deepEqual(eventsOf(frames[0]), ["1 warmup 1", "1 warmup 2", "1 measure 1"]);
  assert.deepEqual([sender.sent("warmup"), sender.sent("measure")], [2, 1]);
});

Deno.test("LoadSender keeps its rate, and ends after its duration", async () => {
  const { sender, clock } = load(3, { rate: 100 });
  const sending = sender.send("measure", { durationMs: 2_000, signal: never });
  await clock.advance(1_000);
  assert.equal(sender.sent("measure"), 101);
  await clock.advance(1_000);
  await sending;
  assert.equal(sender.sent("measure"), 200);
});

Deno.test("LoadSender sleeps no longer than its duration, when its rate is slower", async () => {
  const { sender, clock } = load(1, { rate: 0.001 });
  const sending = sender.send("measure", { durationMs: 50, signal: never });
  await clock.advance(50);
  await sending;
  assert.equal(sender.sent("measure"), 1);
  assert.equal(clock.sleepers, 0);
});

Deno.test("LoadSender without a rate yields to other tasks", async () => {
  const { sender, turns } = load(1);
  await sender.send("measure", { events: 10_000, signal: never });
  assert(turns.breaths >= 10_000 / 256 - 1, `${turns.breaths} turns`);
});

Deno.test("LoadSender waits for room, and counts accepted events", async () => {
  const { sender, frames, clock } = load(1);
  const [only] = frames;
  assert(only !== undefined);
  only.hasRoom = false;
  const sending = sender.send("measure", { events: 3, signal: never });
  await clock.settle();
  assert.equal(sender.sent("measure"), 0);
  only.makeRoom();
  await sending;
  assert.deepEqual(eventsOf(only), ["1 measure 1", "1 measure 2", "1 measure 3"]);
  assert.equal(sender.sent("measure"), 3);
});

Deno.test("LoadSender fails with the transport's error, and sends nothing after it", async () => {
  const { sender, frames, clock } = load(1);
  const [only] = frames;
  assert(only !== undefined);
  await sender.send("measure", { events: 2, signal: never });
  only.hasRoom = false;
  const sending = sender.send("measure", { events: 5, signal: never });
  await clock.settle();
  only.timeOut();
  await assert.rejects(sending, /no room in time/);
  assert.equal(sender.sent("measure"), 2);
});

Deno.test("LoadSender ends without an error on a signal, while it waits for room or for time", async () => {
  for (const isWaitingForRoom of [true, false]) {
    const { sender, frames, clock } = load(1, isWaitingForRoom ? {} : { rate: 0.001 });
    const [only] = frames;
    assert(only !== undefined);
    only.hasRoom = !isWaitingForRoom;
    const abort = new AbortController();
    const sending = sender.send("measure", { signal: abort.signal });
    await clock.settle();
    abort.abort();
    await sending;
    assert.equal(sender.sent("measure"), isWaitingForRoom ? 0 : 1);
  }
});

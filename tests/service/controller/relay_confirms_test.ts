import assert from "node:assert/strict";
import { DriverError } from "../../../drivers/contract/errors.ts";
import type { Frame } from "../../../drivers/contract/pubsub.ts";
import type { SendGroup } from "../../../drivers/contract/send_group.ts";
import type { WaitOptions } from "../../../drivers/contract/waiting.ts";
import { RefusalLog } from "../../../service/base/refusal_log.ts";
import { WarningFolder } from "../../../service/base/warning_folder.ts";
import { Relay } from "../../../service/controller/relay.ts";
import { decodeUpdate } from "../../../service/event/codec/decode.ts";
import { encodeUpdate } from "../../../service/event/codec/encode.ts";
import { dbUpdate } from "../../../service/event/db_update.ts";
import { PositionedPublisher } from "../../../service/publish/positioned_publisher.ts";
import { FakeClock } from "../../support/fakes/fake_clock.ts";
import { FakeFrames } from "../../support/fakes/fake_frames.ts";
import { FakeSource } from "../../support/fakes/fake_source.ts";
import { bytesOf } from "../../support/frame_reader.ts";
import { RecordingLogger } from "../../support/fakes/recording_logger.ts";

const ID = "58edf3d5-b797-52ba-b70b-5647a5c19a27";

function event(key: string, format: "map" | "json" = "map"): Frame {
  const update = dbUpdate({ table: "lport", key, action: "set", value: "v" });
  return { topic: "D", payload: encodeUpdate(update, format) };
}

/** A broker whose replies the test sends. */
class FakeBroker extends FakeFrames {
  readonly underWay: { key: string | null; answer: PromiseWithResolvers<void> }[] = [];

  override async send(topic: string, payload: Uint8Array, options: WaitOptions): Promise<void> {
    const answer = this.#take(topic, payload);
    options.signal?.addEventListener("abort", () => answer.reject(options.signal?.reason));
    await answer.promise;
  }

  trySendIn(group: SendGroup, topic: string, payload: Uint8Array): boolean {
    if (!this.hasRoom) return false;
    const place = group.taken++;
    this.#take(topic, payload).promise.then(
      () => group.accept(payload.length),
      (error) => group.fail(place, error),
    );
    return true;
  }

  #take(topic: string, payload: Uint8Array): PromiseWithResolvers<void> {
    const frame = { topic, payload: payload.slice() };
    const answer = Promise.withResolvers<void>();
    this.underWay.push({ key: decodeUpdate(frame.payload, topic).key, answer });
    answer.promise.then(() => this.sent.push(frame), () => {});
    return answer;
  }
}

interface Options {
  readonly confirms: boolean;
  readonly sendTimeoutMs?: number;
}

function setUp({ confirms, sendTimeoutMs = 5_000 }: Options) {
  const source = new FakeSource();
  const broker = new FakeBroker();
  const clock = new FakeClock();
  const log = new RecordingLogger();
  const owed: string[] = [];
  const refusals = new RefusalLog("From a local publisher", log, clock);
  const sink = new PositionedPublisher(broker, { id: ID, clock, maxEventBytes: 4096, confirms });
  const relay = new Relay(source, sink, {
    sending: { format: "map", maxEventBytes: 4096, sendTimeoutMs },
    confirms,
    refusals,
    clock,
    stalls: new WarningFolder({ subject: "Sending to the network", log, clock }),
    onActivity: () => {},
    onRefused: (topic) => owed.push(topic),
  });
  const abort = new AbortController();
  const ended = relay.run(abort.signal);
  return { source, broker, clock, log, owed, sink, relay, abort, ended };
}

const keys = (frames: readonly Frame[]) =>
  frames.map(({ topic, payload }) => decodeUpdate(payload, topic).key);

Deno.test("Relay sends a whole batch concurrently, and accepts it when a broker has confirmed all events", async () => {
  const { source, broker, clock, relay, ended } = setUp({ confirms: true });
  source.deliver(event("a"), event("b", "json"), event("c"));
  source.deliver(event("d"));
  await clock.settle();
  assert.deepEqual(broker.underWay.map(({ key }) => key), ["a", "b", "c"]);
  for (const at of [2, 0]) broker.underWay[at]?.answer.resolve();
  await clock.settle();
  assert.deepEqual(source.accepted, []);
  broker.underWay[1]?.answer.resolve();
  await clock.settle();
  assert.deepEqual(keys(source.accepted), ["a", "b", "c"]);
  broker.underWay[3]?.answer.resolve();
  await source.stop();
  assert.equal(await ended, true);
  assert.deepEqual(relay.counters, { relayed: 4, converted: 1, refused: 0 });
});

Deno.test("Relay refuses exactly the events that a broker refuses or may have lost", async () => {
  const { source, broker, clock, relay, ended, log, owed } = setUp({ confirms: true });
  const junk = { topic: "D", payload: bytesOf("junk") };
  source.deliver(event("a"), event("full"), junk, event("cut"), event("b"));
  await clock.settle();
  const [a, full, cut, b] = broker.underWay;
  a?.answer.resolve();
  full?.answer.reject(new DriverError("REFUSED", "its memory is full"));
  cut?.answer.reject(new DriverError("TRANSPORT_FAILED", "cut", { isUncertain: true }));
  b?.answer.resolve();
  await source.stop();
  assert.equal(await ended, true);
  assert.deepEqual(keys(source.accepted), ["a", "b"]);
  assert.equal(source.refused.length, 3);
  assert.deepEqual(owed, ["D", "D"]);
  assert.deepEqual(relay.counters, { relayed: 2, converted: 0, refused: 3 });
  assert(log.lines.some(({ message }) => message.includes("its memory is full")));
});

Deno.test("Relay counts and refuses the same events, when a broker has no room for part of a batch", async () => {
  const { source, broker, clock, relay, ended, sink } = setUp({ confirms: true });
  broker.hasRoom = false;
  source.deliver(event("a"), event("b", "json"), event("full", "json"));
  await clock.settle();
  const [a, b, full] = broker.underWay;
  a?.answer.resolve();
  b?.answer.resolve();
  full?.answer.reject(new DriverError("REFUSED", "its memory is full"));
  broker.hasRoom = true;
  source.deliver(event("c", "json"), event("full", "json"), event("d"));
  await clock.settle();
  const [c, fullAgain, d] = broker.underWay.slice(3);
  c?.answer.resolve();
  fullAgain?.answer.reject(new DriverError("REFUSED", "its memory is full"));
  d?.answer.resolve();
  await source.stop();
  assert.equal(await ended, true);
  assert.deepEqual(keys(source.accepted), ["a", "b", "c", "d"]);
  assert.deepEqual(relay.counters, { relayed: 4, converted: 2, refused: 2 });
  assert.equal(sink.sent.events, 4);
  assert.equal(sink.sent.bytes, broker.sent.reduce((sum, { payload }) => sum + payload.length, 0));
});

Deno.test("Relay leaves a gap in the seqs of the topic, when a broker refuses an event", async () => {
  const { source, broker, clock, ended } = setUp({ confirms: true });
  source.deliver(event("a"), event("full"), event("b"));
  await clock.settle();
  broker.underWay[1]?.answer.reject(new DriverError("REFUSED", "full"));
  for (const at of [0, 2]) broker.underWay[at]?.answer.resolve();
  await source.stop();
  await ended;
  const seqs = broker.sent.map(({ topic, payload }) => decodeUpdate(payload, topic).origin?.seq);
  assert.deepEqual(seqs, [1, 3]);
});

Deno.test("Relay warns and continues to wait, when a broker does not reply within the send timeout", async () => {
  const { source, broker, clock, ended, log } = setUp({ confirms: true });
  source.deliver(event("a"));
  await clock.settle();
  await clock.advance(60_000);
  assert.equal(broker.underWay.length, 1, "it is not sent again");
  assert(log.lines.some(({ level, message }) => level === "warn" && /not confirmed/.test(message)));
  broker.underWay[0]?.answer.resolve();
  await source.stop();
  assert.equal(await ended, true);
  assert.deepEqual(keys(source.accepted), ["a"]);
});

for (const [sendTimeoutMs, warnsAfterMs] of [[5_000, 5_000], [1, 1_000]] as const) {
  Deno.test(`Relay warns about an unconfirmed event after ${warnsAfterMs} ms, when the send timeout is ${sendTimeoutMs} ms`, async () => {
    const { source, broker, clock, ended, log } = setUp({ confirms: true, sendTimeoutMs });
    source.deliver(event("a"));
    await clock.settle();
    await clock.advance(warnsAfterMs - 1);
    assert.deepEqual(log.messages("warn"), []);
    await clock.advance(1);
    assert.equal(log.messages("warn").length, 1);
    broker.underWay[0]?.answer.resolve();
    await source.stop();
    await ended;
  });
}

Deno.test("Relay accepts no event of a batch, when it is aborted before a broker has replied", async () => {
  const { source, broker, clock, abort, ended, relay } = setUp({ confirms: true });
  source.deliver(event("a"), event("b"));
  await clock.settle();
  broker.underWay[0]?.answer.resolve();
  await clock.settle();
  abort.abort(new Error("drained"));
  assert.equal(await ended, false);
  assert.deepEqual([source.accepted, source.refused], [[], []]);
  assert.equal(relay.counters.refused, 0);
});

Deno.test("Relay refuses frames that are not events and accepts the others, when its sink does not confirm", async () => {
  const { source, ended, relay } = setUp({ confirms: false });
  const junk = { topic: "D", payload: bytesOf("junk") };
  // In the other format it is too large.
  const value = Array.from({ length: 600 }, () => 0.1);
  const update = dbUpdate({ table: "t", key: "k", action: "set", value });
  const grown = { topic: "D", payload: encodeUpdate(update, "json", { maxBytes: 4096 }) };
  const frames = [event("a"), junk, grown, { ...event("b"), topic: "" }, event("c")];
  source.deliver(...frames);
  await source.stop();
  assert.equal(await ended, true);
  assert.deepEqual(keys(source.accepted), ["a", "c"]);
  assert.deepEqual(source.refused, [frames[1], frames[2], frames[3]]);
  assert.equal(relay.counters.refused, 3);
});

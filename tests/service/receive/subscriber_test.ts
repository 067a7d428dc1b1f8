import assert from "node:assert/strict";
import { encodeUpdate } from "../../../service/event/codec/encode.ts";
import { type DbUpdate, dbUpdate } from "../../../service/event/db_update.ts";
import { RefusalLog } from "../../../service/base/refusal_log.ts";
import { Subscriber } from "../../../service/receive/subscriber.ts";
import { Collector } from "../../support/collector.ts";
import { FAKE_EPOCH_MS, FakeClock } from "../../support/fakes/fake_clock.ts";
import { FakeSubscriber } from "../../support/fakes/fake_subscriber.ts";
import { bytesOf } from "../../support/frame_reader.ts";
import { LocalDrivers } from "../../support/zmq/local_drivers.ts";
import { numberedPayload } from "../../support/numbered.ts";
import { RecordingLogger } from "../../support/fakes/recording_logger.ts";

const UPDATE = dbUpdate({ table: "lport", key: "p", action: "set", value: "v", topic: "D" });
const MAP = encodeUpdate(UPDATE, "map");
const JSON_TEXT = encodeUpdate(UPDATE, "json");

async function setUp() {
  const { network } = new LocalDrivers();
  const log = new RecordingLogger();
  const clock = new FakeClock();
  const refusals = new RefusalLog("From the network", log, clock);
  const options = { maxEventBytes: 1024, refusals, clock };
  const subscriber = new Subscriber(await network.openSubscriber(), options);
  subscriber.registerTopic("D");
  const publisher = await network.openPublisher();
  const batches: Collector<DbUpdate[]> & { ended: Promise<void> } = Collector.reading(
    updatesOf(subscriber),
  );
  const end = async () => {
    await subscriber[Symbol.asyncDispose]();
    await batches.ended;
  };
  return { publisher, subscriber, batches, log, refusals, [Symbol.asyncDispose]: end };
}

/** The events in non-empty batches. */
async function* updatesOf(subscriber: Subscriber): AsyncIterable<DbUpdate[]> {
  for await (const batch of subscriber.received()) {
    const updates = batch.flatMap((each) => "update" in each ? [each.update] : []);
    if (updates.length > 0) yield updates;
  }
}

Deno.test("Subscriber reads both formats in turn, with the clock's time", async () => {
  await using all = await setUp();
  const { publisher, batches } = all;
  publisher.trySend("D", MAP);
  publisher.trySend("D", JSON_TEXT);
  await batches.has((items) => items.flat().length === 2);
  const expected = { ...UPDATE, timestamp: FAKE_EPOCH_MS };
  assert.deepEqual(batches.items.flat(), [expected, expected]);
});

Deno.test("Subscriber counts frames that are not events, and emits the other events of the batch", async () => {
  await using all = await setUp();
  const { publisher, batches, log, refusals } = all;
  const bad = [bytesOf("junk"), new Uint8Array(0), MAP.subarray(0, 9), new Uint8Array(2000)];
  for (const payload of bad) publisher.trySend("D", payload);
  publisher.trySend("D", MAP);
  await batches.count(1);
  assert.equal(batches.items.flat().length, 1);
  const total = Object.values(refusals.counters).reduce((sum, count) => sum + count, 0);
  assert.equal(total, bad.length);
  assert(log.messages("warn").every((line) => line.startsWith("From the network: ")));
});

Deno.test("Subscriber divides a large batch of the driver, so that few decoded events wait", async () => {
  await using all = await setUp();
  const { publisher, batches } = all;
  for (let i = 0; i < 300; i++) publisher.trySend("D", MAP);
  await batches.has((items) => items.flat().length === 300);
  assert(batches.items.every(({ length }) => length <= 128));
});

Deno.test("Subscriber emits no batch, when it contains no event", async () => {
  await using all = await setUp();
  const { publisher, batches } = all;
  publisher.trySend("D", bytesOf("junk"));
  await new FakeClock().settle();
  publisher.trySend("D", MAP);
  await batches.count(1);
  assert.deepEqual(batches.items.map((batch) => batch.length), [1]);
});

Deno.test("Subscriber stops receiving events of a topic, when the topic is unregistered", async () => {
  await using all = await setUp();
  const { publisher, subscriber, batches } = all;
  subscriber.registerTopic("t");
  publisher.trySend("t", MAP);
  await batches.count(1);
  subscriber.unregisterTopic("t");
  publisher.trySend("t", MAP);
  publisher.trySend("D", JSON_TEXT);
  await batches.count(2);
  assert.equal(batches.items.flat().length, 2);
});

Deno.test("Subscriber emits a gap in its place among the events, with its topic and address", async () => {
  const frames = new FakeSubscriber();
  const clock = new FakeClock();
  const refusals = new RefusalLog("From the network", new RecordingLogger(), clock);
  await using subscriber = new Subscriber(frames, { maxEventBytes: 1024, refusals, clock });
  const address = "tcp://a:1";
  const gap = { topic: "D", payload: new Uint8Array(0), gap: "another epoch", address };
  frames.deliver(
    { topic: "D", payload: numberedPayload(1), address },
    gap,
    { topic: "D", payload: numberedPayload(9), address },
  );
  const received = Collector.reading(subscriber.received());
  await received.count(1);
  frames.deliver(gap);
  await received.count(2);
  const shown = received.items.map((batch) =>
    batch.map((item) => "update" in item ? item.update.origin?.seq : item)
  );
  const expected = { gap: "another epoch", topic: "D", address };
  assert.deepEqual(shown, [[1, { ...expected, number: 1 }, 9], [{ ...expected, number: 3 }]]);
  assert.deepEqual(refusals.counters, {});
});

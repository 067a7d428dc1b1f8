import assert from "node:assert/strict";
import { DriverError } from "../../../drivers/contract/errors.ts";
import { decodeUpdate } from "../../../service/event/codec/decode.ts";
import { payloadFormat } from "../../../service/event/codec/payload_format.ts";
import { WireError } from "../../../service/event/codec/wire_error.ts";
import { dbUpdate } from "../../../service/event/db_update.ts";
import {
  Publisher,
  type PublisherOptions,
  publisherOptions,
} from "../../../service/publish/publisher.ts";
import { Collector } from "../../support/collector.ts";
import { effectiveSettings } from "../../support/effective_settings.ts";
import { LocalDrivers } from "../../support/zmq/local_drivers.ts";
import { tempDir } from "../../support/temp_dir.ts";
import { zmqMultiprocDriver } from "../../support/zmq/zmq_drivers.ts";

const OPTIONS: PublisherOptions = { format: "map", maxEventBytes: 4096, sendTimeoutMs: 50 };
const UPDATE = dbUpdate({ table: "lport", key: "p", action: "set", value: "v", topic: "t" });

async function setUp(options: Partial<PublisherOptions> = {}) {
  const { network } = new LocalDrivers();
  const subscriber = await network.openSubscriber();
  for (const topic of ["t", "D"]) subscriber.registerTopic(topic);
  const publisher = new Publisher(await network.openPublisher(), { ...OPTIONS, ...options });
  return { subscriber, publisher };
}

for (const format of ["map", "json"] as const) {
  Deno.test(`Publisher sends under the update's topic, when the format is ${format}`, async () => {
    const { subscriber, publisher } = await setUp({ format });
    const frames = Collector.reading(subscriber.batches());
    await publisher.sendEvent(UPDATE);
    await frames.count(1);
    const [frame] = frames.items.flat();
    assert.equal(frame?.topic, "t");
    assert.equal(payloadFormat(frame.payload, 4096), format);
    const { timestamp: _, ...sent } = UPDATE;
    const { timestamp: __, ...received } = decodeUpdate(frame.payload, "t");
    assert.deepEqual(received, sent);
    await subscriber[Symbol.asyncDispose]();
    await frames.ended;
  });
}

Deno.test("Publisher refuses an update, when it is larger than receivers accept", async () => {
  const { publisher } = await setUp();
  await assert.rejects(publisher.sendEvent({ ...UPDATE, value: "x".repeat(5_000) }), (error) => {
    return error instanceof WireError && error.code === "TOO_LARGE";
  });
});

Deno.test("Publisher waits no longer than its timeout, when there is no publisher service", async () => {
  await using directory = await tempDir();
  const frames = await zmqMultiprocDriver(directory.path).openPublisher();
  await using publisher = new Publisher(frames, OPTIONS);
  await assert.rejects(publisher.sendEvent(UPDATE), (error) => {
    return error instanceof DriverError && error.code === "NO_PUBLISHER_SERVICE";
  });
});

Deno.test("Publisher rejects with the signal's reason, when it is aborted while it waits", async () => {
  await using directory = await tempDir();
  const frames = await zmqMultiprocDriver(directory.path).openPublisher();
  await using publisher = new Publisher(frames, { ...OPTIONS, sendTimeoutMs: 60_000 });
  const abort = new AbortController();
  const sent = publisher.sendEvent(UPDATE, abort);
  abort.abort(new Error("enough"));
  await assert.rejects(sent, /enough/);
});

Deno.test("Publisher refuses to send, when it is closed once or twice", async () => {
  const { publisher } = await setUp();
  assert.deepEqual(await publisher.close(), { flushed: true });
  await publisher[Symbol.asyncDispose]();
  await assert.rejects(publisher.sendEvent(UPDATE), (error) => {
    return error instanceof DriverError && error.code === "CLOSED";
  });
});

Deno.test("publisherOptions reads a configuration, and converts seconds to milliseconds", async () => {
  const settings = await effectiveSettings({
    "df.pub_sub_wire_format": "json",
    "df.pub_sub_max_event_bytes": "2048",
    "df.pub_sub_send_timeout": "0.25",
  });
  assert.deepEqual(publisherOptions(settings), {
    format: "json",
    maxEventBytes: 2048,
    sendTimeoutMs: 250,
  });
});

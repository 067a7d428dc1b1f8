import assert from "node:assert/strict";
import type { Frame, FrameSubscriber } from "../../../drivers/contract/pubsub.ts";
import { decodeUpdate } from "../../../service/event/codec/decode.ts";
import { encodeUpdate } from "../../../service/event/codec/encode.ts";
import { type DbUpdate, dbUpdate, type EventOrigin } from "../../../service/event/db_update.ts";
import { Collector } from "../../support/collector.ts";
import {
  OWN_ID,
  type ServiceParts,
  serviceParts,
  startService,
} from "../../support/service_fixture.ts";

const WORKER = "975ba0f4-e4b5-5e8a-9501-f23d9b9abca6";
const MONITORED = {
  "df.publisher_rate_limit_count": "10",
  "df.monitor_tables": "lport",
  "df.monitor_table_poll_time": "1",
};

function event(key: string, origin?: EventOrigin): Uint8Array {
  const update = dbUpdate({ table: "lport", key, action: "set" });
  return encodeUpdate(origin === undefined ? update : { ...update, origin }, "map");
}

/** Reads frames of these topics, and copies them as they arrive. */
async function listen(parts: ServiceParts, ...topics: string[]) {
  const subscriber: FrameSubscriber = await parts.drivers.network.openSubscriber();
  for (const topic of topics) subscriber.registerTopic(topic);
  const frames = new Collector<Frame>();
  const reading = (async () => {
    for await (const batch of subscriber.batches()) {
      frames.add(...batch.map((frame) => ({ ...frame, payload: frame.payload.slice() })));
    }
  })();
  return {
    frames,
    [Symbol.asyncDispose]: async () => {
      await subscriber[Symbol.asyncDispose]();
      await reading;
    },
  };
}

const updates = (frames: Collector<Frame>): DbUpdate[] =>
  frames.items.map(({ topic, payload }) => decodeUpdate(payload, topic));

Deno.test("PublisherService numbers relayed events and events of its monitors in one sequence", async () => {
  const parts = await serviceParts(MONITORED);
  await using _service = await startService(parts);
  await using subscriber = await listen(parts, "D");
  const local = await parts.drivers.local.openPublisher();
  local.trySend("D", event("relayed"));
  await subscriber.frames.count(1);
  const db = await parts.drivers.direct();
  await parts.clock.advance(3000);
  await db.create("lport", "monitored", "{}");
  await parts.clock.advance(2000);
  local.trySend("D", event("late"));
  await subscriber.frames.count(3);
  const received = updates(subscriber.frames);
  assert.deepEqual(received.map(({ key }) => key), ["relayed", "monitored", "late"]);
  assert.deepEqual(received.map(({ origin }) => [origin?.publisher, origin?.seq]), [
    [OWN_ID, 1],
    [OWN_ID, 2],
    [OWN_ID, 3],
  ]);
});

Deno.test("PublisherService replaces the stamp of a local publisher with its own", async () => {
  const parts = await serviceParts();
  await using _service = await startService(parts);
  await using subscriber = await listen(parts, "D");
  const local = await parts.drivers.local.openPublisher();
  const origin = { publisher: WORKER, epoch: 5, topic: "D", seq: 77, sentAt: 1 };
  for (const key of ["a", "b"]) local.trySend("D", event(key, origin));
  local.trySend("D", event("a"));
  await subscriber.frames.count(3);
  assert.deepEqual(
    updates(subscriber.frames).map(({ origin }) => origin?.publisher),
    Array(3).fill(OWN_ID),
  );
  const [first, , third] = subscriber.frames.items;
  assert.equal(first?.payload.length, third?.payload.length, "the other stamp was removed");
});

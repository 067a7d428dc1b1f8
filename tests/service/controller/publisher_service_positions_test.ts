import assert from "node:assert/strict";
import type { Frame, FrameSubscriber } from "../../../drivers/contract/pubsub.ts";
import { decodeUpdate } from "../../../service/event/codec/decode.ts";
import { encodeUpdate } from "../../../service/event/codec/encode.ts";
import { type DbUpdate, dbUpdate, type EventOrigin } from "../../../service/event/db_update.ts";
import { decodeHello, type Hello, helloTopic } from "../../../service/protocol/hello.ts";
import {
  decodeReplayAnswer,
  encodeReplayRequest,
} from "../../../service/protocol/replay_protocol.ts";
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

/** Reads what comes under these topics, copied as it comes. */
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
const hellos = (frames: Collector<Frame>): Hello[] =>
  frames.items.map(({ payload }) => decodeHello(payload));

Deno.test("PublisherService numbers what it relays and what its monitors find in one sequence", async () => {
  const parts = await serviceParts(MONITORED);
  await using _service = await startService(parts);
  await using heard = await listen(parts, "D");
  const local = await parts.drivers.local.openPublisher();
  local.trySend("D", event("relayed"));
  await heard.frames.count(1);
  const db = await parts.drivers.direct();
  await parts.clock.advance(3000);
  await db.create("lport", "monitored", "{}");
  await parts.clock.advance(2000);
  local.trySend("D", event("late"));
  await heard.frames.count(3);
  const came = updates(heard.frames);
  assert.deepEqual(came.map(({ key }) => key), ["relayed", "monitored", "late"]);
  assert.deepEqual(came.map(({ origin }) => [origin?.publisher, origin?.seq]), [
    [OWN_ID, 1],
    [OWN_ID, 2],
    [OWN_ID, 3],
  ]);
});

Deno.test("PublisherService puts its own stamp in the place of a local publisher's", async () => {
  const parts = await serviceParts();
  await using _service = await startService(parts);
  await using heard = await listen(parts, "D");
  const local = await parts.drivers.local.openPublisher();
  const origin = { publisher: WORKER, epoch: 5, topic: "D", seq: 77, sentAt: 1 };
  for (const key of ["a", "b"]) local.trySend("D", event(key, origin));
  local.trySend("D", event("a"));
  await heard.frames.count(3);
  assert.deepEqual(
    updates(heard.frames).map(({ origin }) => origin?.publisher),
    Array(3).fill(OWN_ID),
  );
  const [first, , third] = heard.frames.items;
  assert.equal(first?.payload.length, third?.payload.length, "the other stamp is gone");
});

Deno.test("PublisherService says hello at the interval and to who comes, with where to ask", async () => {
  const parts = await serviceParts({ "df.pub_sub_hello_interval": "5" });
  await using _service = await startService(parts);
  const local = await parts.drivers.local.openPublisher();
  for (const key of ["a", "b"]) local.trySend("D", event(key));
  await parts.clock.settle();
  await using heard = await listen(parts, helloTopic("D"), helloTopic("quiet"));
  await parts.clock.advance(10);
  await heard.frames.count(2);
  await parts.clock.advance(5000);
  await heard.frames.count(4);
  const said = hellos(heard.frames);
  assert.deepEqual(said.map(({ topic, seq }) => `${topic} ${seq}`), [
    "D 2",
    "quiet 0",
    "D 2",
    "quiet 0",
  ]);
  assert.deepEqual([said[0]?.publisher, said[0]?.intervalMs], [OWN_ID, 5000]);
});

Deno.test("PublisherService replays at the address of its hello what a node has missed", async () => {
  const parts = await serviceParts();
  await using _service = await startService(parts);
  await using heard = await listen(parts, "D", helloTopic("D"));
  await parts.clock.advance(10);
  await heard.frames.count(1);
  const [hello] = hellos(heard.frames);
  const local = await parts.drivers.local.openPublisher();
  for (const key of ["a", "b", "c"]) local.trySend("D", event(key));
  await heard.frames.count(4);
  const { requests } = parts.drivers.network;
  assert(requests !== undefined && hello !== undefined && hello.replay !== null);
  await using requester = await requests.openRequester(hello.replay);
  const { publisher, epoch } = hello;
  const request = encodeReplayRequest({ publisher, epoch, topic: "D", from: 2, to: 9 });
  const answer = decodeReplayAnswer(await requester.request(request, { timeoutMs: 5000 }));
  assert.equal(answer.first, 2);
  assert.deepEqual(answer.events, heard.frames.items.slice(2).map(({ payload }) => payload));
});

for (const off of ["df.pub_sub_replay_events", "df.pub_sub_replay_bytes"]) {
  Deno.test(`PublisherService announces no replay, when ${off} is 0`, async () => {
    const parts = await serviceParts({ [off]: "0" });
    await using _service = await startService(parts);
    await using heard = await listen(parts, helloTopic("D"));
    await parts.clock.advance(10);
    await heard.frames.count(1);
    assert.equal(hellos(heard.frames)[0]?.replay, null);
  });
}

Deno.test("PublisherService says no hello, when its interval is 0", async () => {
  const parts = await serviceParts({ "df.pub_sub_hello_interval": "0" });
  await using service = await startService(parts);
  await using heard = await listen(parts, "D", helloTopic("D"));
  await parts.clock.advance(10_000);
  const local = await parts.drivers.local.openPublisher();
  local.trySend("D", event("a"));
  await heard.frames.count(1);
  await service.stop();
  assert.deepEqual(heard.frames.items.map(({ topic }) => topic), ["D"]);
});

Deno.test("PublisherService says a last hello when it stops, after its last event", async () => {
  const parts = await serviceParts();
  await using service = await startService(parts);
  await using heard = await listen(parts, "D", helloTopic("D"));
  await parts.clock.advance(10);
  await heard.frames.count(1);
  const local = await parts.drivers.local.openPublisher();
  local.trySend("D", event("a"));
  await service.stop();
  await heard.frames.count(3);
  assert.deepEqual(heard.frames.items.map(({ topic }) => topic), [
    helloTopic("D"),
    "D",
    helloTopic("D"),
  ]);
  assert.equal(decodeHello(heard.frames.items[2]?.payload ?? new Uint8Array()).seq, 1);
});

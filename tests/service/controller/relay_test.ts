import assert from "node:assert/strict";
import type { Frame } from "../../../drivers/contract/pubsub.ts";
import { decodeUpdate } from "../../../service/event/codec/decode.ts";
import { encodeUpdate } from "../../../service/event/codec/encode.ts";
import { payloadFormat } from "../../../service/event/codec/payload_format.ts";
import { dbUpdate } from "../../../service/event/db_update.ts";
import { Collector } from "../../support/collector.ts";
import { bytesOf } from "../../support/frame_reader.ts";
import { type RelayFixture, setUpRelay } from "../../support/relay_fixture.ts";
import { hex, join, mapOf, oldString } from "../event/codec/support.ts";

const UPDATE = dbUpdate({ table: "lport", key: "p", action: "set", value: "v", topic: "t" });
const MAP = encodeUpdate(UPDATE, "map");
const JSON_TEXT = encodeUpdate(UPDATE, "json");
const PUBLISHER = encodeUpdate({ ...UPDATE, table: "publisher" }, "map");

/** Relays payloads, and returns the first `wanted` frames of output. */
async function relayed(
  { publisher, subscriber }: RelayFixture,
  payloads: readonly Uint8Array[],
  wanted = payloads.length,
): Promise<readonly Frame[]> {
  for (const payload of payloads) publisher.trySend("t", payload);
  const batches = Collector.reading(subscriber.batches());
  await batches.has((items) => items.flat().length >= wanted, `${wanted} frames`);
  return batches.items.flat();
}

Deno.test("Relay forwards the same bytes under the same topic, when the format is right", async () => {
  await using fixture = await setUpRelay("map");
  // Additions and spellings that a peer may use, and our encoder would not.
  const foreign = mapOf({
    topic: "c0",
    extra: join("93", "01", "02", "03"),
    action: oldString("invented"),
    value: hex("d9 01 76"),
    key: oldString("k"),
    table: oldString("lport"),
  });
  const frames = await relayed(fixture, [MAP, foreign]);
  assert.deepEqual(frames, [{ topic: "t", payload: MAP }, { topic: "t", payload: foreign }]);
  assert.deepEqual(fixture.relay.counters, { relayed: 2, converted: 0, refused: 0 });
});

for (const [format, other] of [["map", JSON_TEXT], ["json", MAP]] as const) {
  Deno.test(`Relay re-encodes events, when they are not in the format ${format}`, async () => {
    await using fixture = await setUpRelay(format);
    const [frame] = await relayed(fixture, [other]);
    assert(frame !== undefined);
    assert.equal(payloadFormat(frame.payload, 4096), format);
    const { timestamp, ...rest } = decodeUpdate(frame.payload, "t");
    assert.deepEqual(rest, (({ timestamp: _, ...sent }) => sent)(UPDATE));
    assert(timestamp > 0);
    assert.deepEqual(fixture.relay.counters, { relayed: 1, converted: 1, refused: 0 });
  });
}

Deno.test("Relay counts frames that are not events, folds their log lines and never forwards them", async () => {
  await using fixture = await setUpRelay();
  const bad = [bytesOf("junk"), MAP.subarray(0, 20), join(MAP, "00"), new Uint8Array(0), hex("c0")];
  const many = Array.from({ length: 200 }, () => bad).flat();
  const frames = await relayed(fixture, [...many, MAP], 1);
  assert.deepEqual(frames, [{ topic: "t", payload: MAP }]);
  assert.deepEqual(fixture.relay.counters, { relayed: 1, converted: 0, refused: 1000 });
  const kinds = Object.keys(fixture.refusals.counters);
  assert.deepEqual(fixture.log.lines.map((line) => line.fields["kind"]), kinds);

  await fixture.clock.advance(30_000);
  fixture.publisher.trySend("t", bytesOf("junk"));
  await fixture.clock.settle();
  assert.equal(fixture.log.lines.length, kinds.length + 1);
  assert.match(fixture.log.lines.at(-1)?.message ?? "", /\(and \d+ more like it\)$/);
});

Deno.test("Relay refuses an event, when re-encoding makes it too large", async () => {
  await using fixture = await setUpRelay("map");
  // A number of three characters takes nine bytes in a map.
  const value = Array.from({ length: 600 }, () => 0.1);
  const payload = encodeUpdate({ ...UPDATE, value }, "json", { maxBytes: 4096 });
  const frames = await relayed(fixture, [payload, MAP], 1);
  assert.equal(frames.length, 1);
  assert.deepEqual(fixture.refusals.counters, { TOO_LARGE: 1 });
  assert.deepEqual(fixture.relay.counters, { relayed: 1, converted: 0, refused: 1 });
});

Deno.test("Relay forwards no event, when its topic is too long", async () => {
  await using fixture = await setUpRelay();
  for (const topic of ["x".repeat(256), "é".repeat(128)]) {
    fixture.source.registerTopic(topic);
    fixture.publisher.trySend(topic, MAP);
  }
  fixture.publisher.trySend("t", MAP);
  await fixture.clock.settle();
  const { relayed: done, refused } = fixture.relay.counters;
  assert.deepEqual({ done, refused }, { done: 1, refused: 2 });
});

Deno.test("Relay reports activity once per batch, when the batch has many events", async () => {
  await using fixture = await setUpRelay();
  await relayed(fixture, Array.from({ length: 500 }, () => MAP));
  assert.equal(fixture.activity(), 1);
  fixture.publisher.trySend("t", MAP);
  await fixture.clock.settle();
  assert.equal(fixture.activity(), 2);
});

Deno.test("Relay reports no activity, when frames are about publishers or are not events", async () => {
  await using fixture = await setUpRelay();
  await relayed(fixture, [PUBLISHER, bytesOf("junk"), PUBLISHER], 2);
  assert.equal(fixture.activity(), 0);
});

Deno.test("Relay resolves to true, when its source ends", async () => {
  await using fixture = await setUpRelay();
  fixture.publisher.trySend("t", MAP);
  assert.deepEqual(await fixture.source.stop(), { drained: true });
  assert.equal(await fixture.ended, true);
  assert.equal(fixture.relay.counters.relayed, 1);
});

Deno.test("Relay passes the offset of an existing stamp to its sink, so that the sink replaces it", async () => {
  await using fixture = await setUpRelay("map");
  const offsets: (number | undefined)[] = [];
  fixture.sink.trySend = (_topic: string, _payload: Uint8Array, stampOffset?: number) => {
    offsets.push(stampOffset);
    return true;
  };
  const publisher = "975ba0f4-e4b5-5e8a-9501-f23d9b9abca6";
  const origin = { publisher, epoch: 5, topic: "t", seq: 7, sentAt: 1 };
  const stamped = encodeUpdate({ ...UPDATE, origin }, "map");
  for (const payload of [MAP, stamped, JSON_TEXT]) fixture.publisher.trySend("t", payload);
  await fixture.source.stop();
  await fixture.ended;
  assert.deepEqual(offsets, [-1, MAP.length, -1]);
});

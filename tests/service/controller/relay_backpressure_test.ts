import assert from "node:assert/strict";
import { encodeUpdate } from "../../../service/event/codec/encode.ts";
import { dbUpdate } from "../../../service/event/db_update.ts";
import { Collector } from "../../support/collector.ts";
import { bytesOf } from "../../support/frame_reader.ts";
import { MEMORY_CAPACITY, type RelayFixture, setUpRelay } from "../../support/relay_fixture.ts";

function event(number: number): Uint8Array {
  return encodeUpdate(dbUpdate({ table: "lport", key: `${number}`, action: "set" }), "map");
}

/** Fills the network's subscriber, and sends `more` events for which it has no room. */
async function fill(fixture: RelayFixture, more: number): Promise<void> {
  for (let number = 0; number < MEMORY_CAPACITY; number++) {
    fixture.publisher.trySend("D", event(number));
  }
  await fixture.clock.settle();
  for (let number = 0; number < more; number++) {
    fixture.publisher.trySend("D", event(MEMORY_CAPACITY + number));
  }
  await fixture.clock.settle();
}

Deno.test("Relay waits and loses no event, when the network has no room", async () => {
  await using fixture = await setUpRelay();
  await fill(fixture, 50);
  assert.equal(fixture.relay.counters.relayed, MEMORY_CAPACITY);
  const batches = Collector.reading(fixture.subscriber.batches());
  await batches.has((items) => items.flat().length === MEMORY_CAPACITY + 50);
  const payloads = batches.items.flat().map((frame) => frame.payload);
  assert.deepEqual(payloads.at(-1), event(MEMORY_CAPACITY + 49));
  const expected = { relayed: MEMORY_CAPACITY + 50, converted: 0, refused: 0 };
  assert.deepEqual(fixture.relay.counters, expected);
});

Deno.test("Relay continues to wait and warns, when the network stalls for a long time", async () => {
  await using fixture = await setUpRelay();
  await fill(fixture, 1);
  // The minimum interval between two warnings is a real second.
  await until(() => fixture.log.lines.length > 0);
  assert.equal(fixture.log.messages("warn").length, 1);
  assert.match(fixture.log.messages("warn")[0] ?? "", /^Sending to the network: failing since/);
  const batches = Collector.reading(fixture.subscriber.batches());
  await batches.has((items) => items.flat().length === MEMORY_CAPACITY + 1);
  assert.match(fixture.log.messages("info")[0] ?? "", /^Sending to the network: works again/);
  assert.equal(fixture.relay.counters.refused, 0);
});

Deno.test("Relay reports activity and conversion once, when an event had to wait", async () => {
  await using fixture = await setUpRelay("json");
  await fill(fixture, 3);
  const before = fixture.activity();
  const batches = Collector.reading(fixture.subscriber.batches());
  await batches.has((items) => items.flat().length === MEMORY_CAPACITY + 3);
  assert.equal(fixture.activity(), before + 1);
  assert.equal(fixture.relay.counters.converted, MEMORY_CAPACITY + 3);
});

Deno.test("Relay refuses invalid events, when it has to wait between them", async () => {
  await using fixture = await setUpRelay();
  await fill(fixture, 0);
  for (const payload of [event(1), bytesOf("junk"), event(2)]) {
    fixture.publisher.trySend("D", payload);
  }
  await fixture.clock.settle();
  const batches = Collector.reading(fixture.subscriber.batches());
  await batches.has((items) => items.flat().length === MEMORY_CAPACITY + 2);
  assert.equal(fixture.relay.counters.refused, 1);
});

Deno.test("Relay resolves to false, when it is aborted while it waits", async () => {
  await using fixture = await setUpRelay();
  await fill(fixture, 5);
  fixture.abort.abort();
  assert.equal(await fixture.ended, false);
  assert.equal(fixture.relay.counters.refused, 0);
});

async function until(holds: () => boolean): Promise<void> {
  while (!holds()) await new Promise((resolve) => setTimeout(resolve, 20));
}

import assert from "node:assert/strict";
import { DbUnavailable } from "../../../drivers/contract/errors.ts";
import type { Frame } from "../../../drivers/contract/pubsub.ts";
import { decodeUpdate } from "../../../service/event/codec/decode.ts";
import { encodeUpdate } from "../../../service/event/codec/encode.ts";
import { dbUpdate, type DbUpdateInit } from "../../../service/event/db_update.ts";
import { MissingValues, missingValuesFor } from "../../../service/controller/missing_values.ts";
import { WarningFolder } from "../../../service/base/warning_folder.ts";
import { Collector } from "../../support/collector.ts";
import { FakeClock } from "../../support/fakes/fake_clock.ts";
import { FakeDb } from "../../support/fakes/fake_db.ts";
import { RecordingLogger } from "../../support/fakes/recording_logger.ts";
import { type RelayFixture, setUpRelay } from "../../support/relay_fixture.ts";
import { serviceParts } from "../../support/service_fixture.ts";

async function setUp() {
  const { db, direct } = await FakeDb.open();
  const clock = new FakeClock();
  const log = new RecordingLogger();
  const folder = new WarningFolder({ subject: "Reading values", log, clock });
  const values = new MissingValues(db, { maxEventBytes: 4096, folder, clock });
  return { db, direct, clock, log, values };
}

function frame(init: Partial<DbUpdateInit> = {}, format: "map" | "json" = "map"): Frame {
  const update = dbUpdate({ table: "lport", key: "p", action: "create", topic: "t", ...init });
  return { topic: "t", payload: encodeUpdate(update, format) };
}

function valuesOf(filled: ReadonlyMap<Frame, Uint8Array>, frames: readonly Frame[]): unknown[] {
  return frames.map((each) => {
    const payload = filled.get(each);
    return payload === undefined ? undefined : decodeUpdate(payload, "t").value;
  });
}

Deno.test("MissingValues reads the row, when a create or set has no value, in either format", async () => {
  const { values, direct, db } = await setUp();
  await direct.create("lport", "p", '{"mtu": 1450}', { topic: "t" });
  const frames = [
    frame(),
    frame({ action: "set" }, "json"),
    frame({ value: "" }),
    frame({ value: "its own" }),
    frame({ action: "delete" }),
    frame({ action: "update" }),
    frame({ action: "sync", table: null, key: null }),
    { topic: "t", payload: new Uint8Array([1, 2]) },
  ];
  const filled = await values.read(frames, 0);
  const row = '{"mtu": 1450}';
  const none = [undefined, undefined, undefined, undefined, undefined];
  assert.deepEqual(valuesOf(filled, frames), [row, row, row, ...none]);
  assert.equal(db.count("get"), 1, "a row is read once");
});

Deno.test("MissingValues leaves an event unchanged, when its row is missing or too large", async () => {
  const { values, direct, log } = await setUp();
  await direct.create("lport", "large", "x".repeat(5_000));
  const frames = [frame({ key: "gone" }), frame({ key: "large" })];
  assert.deepEqual(valuesOf(await values.read(frames, 0), frames), [undefined, undefined]);
  assert.deepEqual(log.messages("warn"), []);
});

Deno.test("MissingValues reads the other rows, when one is not text", async () => {
  const { values, direct, db, log } = await setUp();
  const keys = ["a", "bad", "b"];
  for (const key of keys) await direct.create("lport", key, `row ${key}`);
  db.before = ({ key }) => {
    if (key === "bad") throw new DbUnavailable("not UTF-8", { isOfRow: true });
  };
  const frames = keys.map((key) => frame({ key }));
  for (const _ of [1, 2]) {
    const filled = await values.read(frames, 0);
    assert.deepEqual(valuesOf(filled, frames), ["row a", undefined, "row b"]);
  }
  assert.deepEqual(log.messages("warn"), []);
});

Deno.test("MissingValues waits one second at most and then pauses reading, when the database is slow", async () => {
  const { values, db, direct, clock, log } = await setUp();
  const slow = Promise.withResolvers<void>();
  const frames = Array.from({ length: 100 }, (_, index) => frame({ key: `p${index}` }));
  for (const index of frames.keys()) await direct.create("lport", `p${index}`, "{}");
  db.before = ({ key }) => key === "p0" ? undefined : slow.promise;
  const reading = values.read(frames, 0);
  await clock.advance(1_000);
  assert.deepEqual([...(await reading).keys()], [frames[0]]);
  assert(db.count("get") <= 17, `${db.count("get")} reads at a time`);
  assert.match(log.messages("warn").join(), /did not answer within 1000 ms/);
  const reads = db.count("get");
  await clock.advance(60_000);
  assert.equal((await values.read(frames, 0)).size, 0, "the abandoned reads are still in progress");
  slow.resolve();
  await clock.settle();
  assert.equal(db.count("get"), reads, "no further row is read for them");
  assert.equal((await values.read(frames, 0)).size, 100);
});

Deno.test("MissingValues warns once and reads rarely, when the database is down", async () => {
  const { values, db, clock, log } = await setUp();
  db.setDown(true);
  for (let ms = 0; ms < 60_000; ms += 1_000) {
    assert.equal((await values.read([frame()], 0)).size, 0);
    await clock.advance(1_000);
  }
  assert(db.count("get") <= 6, `${db.count("get")} reads`);
  assert.equal(log.messages("warn").length, 1);
});

async function relayed({ publisher, subscriber }: RelayFixture, frames: readonly Frame[]) {
  for (const { topic, payload } of frames) publisher.trySend(topic, payload);
  const batches = Collector.reading(subscriber.batches());
  await batches.has((items) => items.flat().length >= frames.length, `${frames.length} frames`);
  return batches.items.flat().map(({ topic, payload }) => decodeUpdate(payload, topic));
}

Deno.test("Relay sends events with the missing values filled in, in their order", async () => {
  const { values, direct } = await setUp();
  for (const key of ["a", "b"]) await direct.create("lport", key, `row ${key}`);
  await using fixture = await setUpRelay("map", { values });
  const sent = [
    frame({ key: "first", value: "own" }),
    frame({ key: "a" }),
    frame({ key: "gone" }),
    frame({ key: "second", value: "own" }),
    frame({ key: "b" }, "json"),
  ];
  const events = await relayed(fixture, sent);
  assert.deepEqual(events.map(({ key, value }) => [key, value]), [
    ["first", "own"],
    ["a", "row a"],
    ["gone", null],
    ["second", "own"],
    ["b", "row b"],
  ]);
  assert.deepEqual(fixture.relay.counters, { relayed: 5, converted: 1, refused: 0 });
});

Deno.test("Relay reads no value, when the events have one", async () => {
  const { values, db } = await setUp();
  await using fixture = await setUpRelay("map", { values });
  await relayed(fixture, Array.from({ length: 50 }, () => frame({ value: "own" })));
  assert.equal(db.calls.length, 0);
});

for (
  const [overrides, isRead] of [
    [{ "df.pub_sub_wire_format": "map" }, true],
    [{ "df.pub_sub_wire_format": "json" }, false],
    [{ "df.pub_sub_wire_format": "map", "df.pub_sub_read_missing_values": "false" }, false],
  ] as const
) {
  const given = Object.entries(overrides).map((pair) => pair.join("=")).join(" ");
  Deno.test(`missingValuesFor reads ${isRead ? "values" : "no value"}, with ${given}`, async () => {
    const { db } = await FakeDb.open();
    assert.equal(missingValuesFor(await serviceParts(overrides), db) !== undefined, isRead);
  });
}

import assert from "node:assert/strict";
import type { NbDbDriver } from "../../../drivers/contract/db.ts";
import type { Settings } from "../../../drivers/contract/option.ts";
import type { DbUpdate } from "../../../service/event/db_update.ts";
import {
  monitorTablePollTime,
  monitorTables,
} from "../../../service/config/options/table_monitors.ts";
import { decodeUpdate } from "../../../service/event/codec/decode.ts";
import { Monitors } from "../../../service/controller/monitors.ts";
import { Publisher, publisherOptions } from "../../../service/publish/publisher.ts";
import { ChangingSettings } from "../../support/fakes/changing_settings.ts";
import { Collector } from "../../support/collector.ts";
import type { FakeClock } from "../../support/fakes/fake_clock.ts";
import type { RecordingLogger } from "../../support/fakes/recording_logger.ts";
import { publisherText } from "../../support/publisher_rows.ts";
import { OWN_ID, type ServiceParts, serviceParts } from "../../support/service_fixture.ts";

interface Fixture extends AsyncDisposable {
  readonly db: NbDbDriver;
  readonly clock: FakeClock;
  readonly log: RecordingLogger;
  readonly monitors: Pick<Monitors, "restart" | "stop">;
  /** The events published since the last call: `create chassis/c1 on D`. */
  readonly takeEvents: () => string[];
}

/** Starts the monitors of a configuration. `rows` are `[table, key, value, topic]`. */
async function setUp(
  overrides: Readonly<Record<string, string>>,
  rows: readonly (readonly [string, string, string, string?])[] = [],
): Promise<Fixture> {
  return await setUpWith(await serviceParts(overrides), rows);
}

async function setUpWith(
  parts: Omit<ServiceParts, "settings"> & { readonly settings: Settings },
  rows: readonly (readonly [string, string, string, string?])[],
): Promise<Fixture> {
  const { network } = parts.drivers;
  const subscriber = await network.openSubscriber();
  for (const topic of ["D", "t"]) subscriber.registerTopic(topic);
  const batches = Collector.reading(subscriber.batches());
  const db = await parts.drivers.direct();
  for (const [table, key, value, topic] of rows) await db.create(table, key, value, { topic });
  const publisher = new Publisher(await network.openPublisher(), publisherOptions(parts.settings));
  const monitors = new Monitors(parts, db, publisher, { noteGone() {} });
  const takeEvents = () =>
    batches.items.splice(0).flat().map(({ topic, payload }) => shown(decodeUpdate(payload, topic)));
  const dispose = async () => {
    await monitors.stop();
    await subscriber[Symbol.asyncDispose]();
    await batches.ended;
  };
  return {
    db,
    clock: parts.clock,
    log: parts.log,
    monitors,
    takeEvents,
    [Symbol.asyncDispose]: dispose,
  };
}

function shown({ action, table, key, topic }: DbUpdate): string {
  return `${action} ${table}/${key} on ${topic}`;
}

const POLL_MS = 30_000;

Deno.test("Monitors watches each configured table once, and no other table", async () => {
  await using fixture = await setUp({ "df.monitor_tables": "chassis,lport,chassis" }, [
    ["chassis", "c1", "{}"],
    ["lport", "p1", "{}"],
    ["lrouter", "r1", "{}"],
  ]);
  await fixture.clock.advance(2_500);
  assert.deepEqual(fixture.takeEvents().sort(), ["create chassis/c1 on D", "create lport/p1 on D"]);
  await fixture.db.set("chassis", "c1", '{"a": 1}');
  await fixture.clock.advance(POLL_MS);
  assert.deepEqual(fixture.takeEvents(), ["set chassis/c1 on D"]);
});

Deno.test("Monitors delays the first poll, so that subscribers can reconnect", async () => {
  await using fixture = await setUp({}, [["chassis", "c1", "{}"]]);
  await fixture.clock.advance(2_499);
  assert.deepEqual(fixture.takeEvents(), []);
  await fixture.clock.advance(1);
  assert.deepEqual(fixture.takeEvents(), ["create chassis/c1 on D"]);
});

Deno.test("Monitors publishes no existing rows, when announcing is off", async () => {
  const overrides = { "df.table_monitor_announce_existing": "false" };
  await using fixture = await setUp(overrides, [["chassis", "c1", "{}"]]);
  await fixture.clock.advance(2_500);
  await fixture.db.create("chassis", "c2", "{}");
  await fixture.clock.advance(POLL_MS);
  assert.deepEqual(fixture.takeEvents(), ["create chassis/c2 on D"]);
});

Deno.test("Monitors polls at the configured interval", async () => {
  await using fixture = await setUp({ "df.monitor_table_poll_time": "0.5" });
  await fixture.clock.advance(500);
  await fixture.db.create("chassis", "c1", "{}");
  await fixture.clock.advance(500);
  assert.deepEqual(fixture.takeEvents(), ["create chassis/c1 on D"]);
});

for (const [isSelective, topic] of [["true", "t"], ["false", "D"]] as const) {
  Deno.test(`Monitors publishes under ${topic}, when selective is ${isSelective}`, async () => {
    const overrides = {
      "df.enable_selective_topology_distribution": isSelective,
      "df.monitor_tables": "lport",
    };
    await using fixture = await setUp(overrides, [
      ["lport", "p1", "{}", "t"],
      ["lport", "p2", "{}"],
    ]);
    await fixture.clock.advance(2_500);
    assert.deepEqual(fixture.takeEvents(), [`create lport/p1 on ${topic}`, "create lport/p2 on D"]);
    await fixture.db.delete("lport", "p1");
    await fixture.clock.advance(POLL_MS);
    assert.deepEqual(fixture.takeEvents(), [`delete lport/p1 on ${topic}`]);
  });
}

const STALE_ROWS = [
  ["publisher", OWN_ID, publisherText(OWN_ID, 999_000)],
  ["publisher", "dead", publisherText("dead", 301_000)],
  ["publisher", "quiet", publisherText("quiet", 10_000)],
] as const;

Deno.test("Monitors removes other stale publishers, and publishes each removal once", async () => {
  await using fixture = await setUp({}, STALE_ROWS);
  const deletions = () => fixture.takeEvents().filter((line) => line.startsWith("delete"));
  await fixture.clock.advance(300_000);
  assert.deepEqual(await fixture.db.keys("publisher"), [OWN_ID, "dead", "quiet"]);
  await fixture.clock.advance(10_000 + POLL_MS);
  assert.deepEqual(await fixture.db.keys("publisher"), [OWN_ID, "quiet"]);
  assert.deepEqual(deletions(), ["delete publisher/dead on D"]);
  await fixture.clock.advance(30_000 + POLL_MS);
  assert.deepEqual(await fixture.db.keys("publisher"), [OWN_ID]);
  assert.deepEqual(deletions(), ["delete publisher/quiet on D"]);
});

Deno.test("Monitors publishes removed publishers, when no monitor watches the table", async () => {
  await using fixture = await setUp({ "df.monitor_tables": "chassis" }, STALE_ROWS);
  await fixture.clock.advance(310_000);
  assert.deepEqual(fixture.takeEvents(), ["delete publisher/dead on D"]);
});

Deno.test("Monitors uses the configured times, when it checks for stale publishers", async () => {
  const overrides = { "df.publisher_timeout": "600", "df.stale_publisher_poll_time": "7" };
  await using fixture = await setUp(overrides, STALE_ROWS);
  await fixture.clock.advance(600_000);
  assert.deepEqual(await fixture.db.keys("publisher"), [OWN_ID, "dead", "quiet"]);
  await fixture.clock.advance(7_000);
  assert.deepEqual(await fixture.db.keys("publisher"), [OWN_ID]);
});

Deno.test("Monitors stops at once and permanently, when stopped once or twice", async () => {
  await using fixture = await setUp({}, STALE_ROWS);
  await fixture.clock.settle();
  await fixture.monitors.stop();
  await fixture.monitors.stop();
  assert.equal(fixture.clock.sleepers, 0);
  await fixture.db.create("chassis", "c1", "{}");
  await fixture.clock.advance(100_000);
  assert.deepEqual(fixture.takeEvents(), []);
  assert.deepEqual(fixture.log.messages("warn"), []);
});

Deno.test("Monitors.restart watches the tables of the current settings, and keeps its knowledge of published rows", async () => {
  const parts = await serviceParts({ "df.monitor_tables": "kept,left" });
  const changing = { ...parts, settings: new ChangingSettings(parts.settings) };
  await using fixture = await setUpWith(changing, [["kept", "k1", "{}"], ["new", "n1", "{}"]]);
  await fixture.clock.advance(2_500);
  assert.deepEqual(fixture.takeEvents(), ["create kept/k1 on D"]);
  changing.settings.set(monitorTables, ["kept", "new"]);
  changing.settings.set(monitorTablePollTime, 1);
  fixture.monitors.restart();
  await fixture.db.create("kept", "k2", "{}");
  await fixture.db.create("left", "l1", "{}");
  await fixture.clock.advance(2_500);
  assert.deepEqual(fixture.takeEvents().sort(), ["create kept/k2 on D", "create new/n1 on D"]);
  await fixture.db.delete("kept", "k1");
  await fixture.clock.advance(1_000);
  assert.deepEqual(fixture.takeEvents(), ["delete kept/k1 on D"]);
});

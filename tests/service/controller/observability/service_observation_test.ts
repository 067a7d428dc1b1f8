import assert from "node:assert/strict";
import type { DriverLoader } from "../../../../service/base/driver_loader.ts";
import { PublisherService } from "../../../../service/controller/publisher_service.ts";
import { encodeUpdate } from "../../../../service/event/codec/encode.ts";
import { dbUpdate } from "../../../../service/event/db_update.ts";
import { exposition } from "../../../../service/controller/observability/exposition.ts";
import type { ServiceView } from "../../../../service/controller/observability/service_view.ts";
import { parseExposition } from "../../../support/exposition_parser.ts";
import { bytesOf } from "../../../support/frame_reader.ts";
import { OWN_ID, serviceParts, startService } from "../../../support/service_fixture.ts";

const EVENT = encodeUpdate(dbUpdate({ table: "lport", key: "p", action: "set" }), "map");

function metricsOf(view: ServiceView) {
  const families = parseExposition(exposition(view.metrics()));
  return (name: string, labels: Readonly<Record<string, string>> = {}): number | undefined => {
    const base = name.replace(/_(?:sum|count|bucket)$/, "");
    const family = families.get(name) ?? families.get(base);
    return family?.samples.find((sample) =>
      sample.name === name &&
      Object.entries(labels).every(([label, value]) => sample.labels[label] === value)
    )?.value;
  };
}

function failing(report: Awaited<ReturnType<ServiceView["readiness"]>>): string[] {
  return report.checks.filter(({ ok }) => !ok).map(({ name, detail }) => `${name}: ${detail}`);
}

Deno.test("PublisherService is ready, when it is registered, and reports each dependency", async () => {
  const parts = await serviceParts();
  await using service = await startService(parts);
  const { observation } = service;
  assert.deepEqual(failing(await observation.readiness()), [
    "registration: not in the publishers table",
  ]);
  await service.ready();
  const report = await observation.readiness();
  assert.equal(report.ready, true);
  assert.deepEqual(report.checks.map(({ name }) => name), [
    ...["service", "local", "network", "database", "registration"],
  ]);
});

Deno.test("PublisherService is not ready, while the database is down or its row is missing", async () => {
  const parts = await serviceParts();
  await using service = await startService(parts);
  await service.ready();
  const { observation } = service;
  parts.drivers.setDown(true);
  assert.deepEqual(failing(await observation.readiness()), [
    "database: Connection refused",
    "registration: unknown: the database does not answer",
  ]);
  assert.equal(observation.known.ready, false);
  parts.drivers.setDown(false);
  assert.equal((await observation.readiness()).ready, true);
  await (await parts.drivers.direct()).delete("publisher", OWN_ID);
  assert.deepEqual(failing(await observation.readiness()), ["registration: the row is gone"]);
});

Deno.test("PublisherService is not ready but live, when a stop has begun", async () => {
  const parts = await serviceParts();
  await using service = await startService(parts);
  await service.ready();
  const { observation } = service;
  const stopped = service.stop();
  assert.equal(observation.known.ready, false);
  const [first] = failing(await observation.readiness());
  assert.equal(first, "service: stopping");
  assert.equal(observation.isAlive, true);
  await stopped;
  assert.equal(observation.isAlive, true);
  const reads = parts.drivers.clients[0]?.count("get");
  await observation.readiness();
  assert.equal(parts.drivers.clients[0]?.count("get"), reads, "the database is closed");
});

Deno.test("PublisherService is neither ready nor alive, when its relay has ended without a stop", async () => {
  const parts = await serviceParts();
  const local = await parts.drivers.local.openSubscriber();
  const drivers: DriverLoader = {
    loadDbDriver: () => parts.drivers.loadDbDriver(),
    loadPubSubDriver(name, context) {
      if (name !== "local") return parts.drivers.loadPubSubDriver(name, context);
      return Promise.resolve({
        ...parts.drivers.local,
        openSubscriber: () => Promise.resolve(local),
      });
    },
  };
  await using service = await PublisherService.open({ ...parts, drivers });
  const { observation } = service;
  await service.ready();
  assert.deepEqual([observation.isAlive, observation.known.ready], [true, true]);
  await local[Symbol.asyncDispose]();
  await parts.clock.settle();
  assert.equal(observation.isAlive, false);
  assert.deepEqual(failing(observation.known), ["service: the relay has ended"]);
});

Deno.test("PublisherService is alive without a relay, when processes publish to a broker", async () => {
  const parts = await serviceParts({ "df.pub_sub_use_multiproc": "false" });
  await using service = await startService(parts);
  await parts.clock.settle();
  assert.equal(service.observation.isAlive, true);
});

Deno.test("PublisherService counts events, refusals, bytes, batches and database calls", async () => {
  const parts = await serviceParts();
  await using service = await startService(parts);
  await service.ready();
  const publisher = await parts.drivers.local.openPublisher();
  for (const payload of [EVENT, bytesOf("junk"), EVENT]) publisher.trySend("D", payload);
  await parts.clock.settle();
  parts.drivers.setDown(true);
  await service.observation.readiness();
  const value = metricsOf(service.observation);
  assert.equal(value("df_pubsub_events_received_total"), 3);
  assert.equal(value("df_pubsub_received_bytes_total"), 2 * EVENT.length + 4);
  assert.equal(value("df_pubsub_events_relayed_total"), 2);
  assert.equal(value("df_pubsub_events_sent_total"), 2);
  assert((value("df_pubsub_sent_bytes_total") ?? 0) >= 2 * EVENT.length);
  assert.equal(value("df_pubsub_events_refused_total"), 1);
  assert((value("df_pubsub_relay_duration_seconds_count") ?? 0) >= 1);
  assert.equal(value("df_pubsub_database_errors_total", { operation: "get" }), 1);
  assert.equal(value("df_pubsub_dependency_up", { dependency: "database" }), 0);
  assert.equal(value("df_pubsub_dependency_up", { dependency: "network" }), 1);
  assert.equal(value("df_pubsub_ready"), 0);
  await publisher[Symbol.asyncDispose]();
});

Deno.test("PublisherService counts itself as an alive publisher, when it is ready", async () => {
  const parts = await serviceParts();
  await using service = await startService(parts);
  await parts.clock.settle();
  const alive = () => metricsOf(service.observation)("df_pubsub_publishers", { state: "alive" });
  assert.equal(alive(), 0);
  await service.ready();
  await parts.clock.settle();
  assert.equal(alive(), 1);
});

Deno.test("PublisherService counts publishers and polls, when it has checked them", async () => {
  const parts = await serviceParts({ "df.monitor_tables": "lport", "df.publisher_timeout": "60" });
  const db = await parts.drivers.direct();
  const row = (id: string, timestamp: number) =>
    JSON.stringify({ id, uri: "tcp://192.0.2.1:8866", last_activity_timestamp: timestamp });
  const now = parts.clock.now() / 1000;
  await db.create("publisher", "alive", row("alive", now));
  await db.create("publisher", "silent", row("silent", now - 3_600));
  await db.create("publisher", "junk", "junk");
  await using service = await startService(parts);
  await service.ready();
  await parts.clock.advance(40_000);
  await db.set("publisher", "alive", row("alive", now + 40));
  await parts.clock.advance(40_000);
  const value = metricsOf(service.observation);
  assert.equal(value("df_pubsub_publishers", { state: "alive" }), 2);
  assert.equal(value("df_pubsub_publishers", { state: "unreadable" }), 1);
  assert.equal(value("df_pubsub_publishers_removed_total"), 1);
  const table = { table: "lport" };
  assert((value("df_pubsub_table_monitor_poll_duration_seconds_count", table) ?? 0) >= 1);
  assert.equal(value("df_pubsub_table_monitor_errors_total", table), 0);
});

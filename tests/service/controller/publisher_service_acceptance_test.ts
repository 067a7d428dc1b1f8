import assert from "node:assert/strict";
import { encodeUpdate } from "../../../service/event/codec/encode.ts";
import { dbUpdate } from "../../../service/event/db_update.ts";
import type { PublisherReport } from "../../../service/publish/acceptance_report.ts";
import { openLocal } from "../../../service/publish/confirmed_publisher.ts";
import { Collector } from "../../support/collector.ts";
import { ConfirmingLocal } from "../../support/fakes/confirming_local.ts";
import { eventually } from "../../support/eventually.ts";
import { bytesOf } from "../../support/frame_reader.ts";
import { redisStreamDriver } from "../../support/redis/drivers.ts";
import { startRedis } from "../../support/redis/server.ts";
import { serviceParts, startService } from "../../support/service_fixture.ts";
import type { PubSubDriver } from "../../../drivers/contract/pubsub.ts";

function event(key: string): Uint8Array {
  return encodeUpdate(dbUpdate({ table: "lport", key, action: "set" }), "map");
}

/** A service and its local publisher, connected by a driver that confirms. */
async function setUp(network?: PubSubDriver) {
  const parts = await serviceParts({ "df.monitor_tables": "" });
  Object.assign(parts.drivers, { local: new ConfirmingLocal() }, network && { network });
  const service = await startService(parts);
  const publisher = await openLocal(parts.drivers.local);
  return { parts, service, publisher };
}

/** The outcome of each send, in order: `ok` or the code of the error. */
async function resultsOf(sends: readonly Promise<void>[]): Promise<string[]> {
  const results = await Promise.allSettled(sends);
  return results.map((each) => each.status === "fulfilled" ? "ok" : each.reason.code);
}

Deno.test("PublisherService accepts events and refuses frames that are not events, and the publisher counts both", async () => {
  const { parts, service, publisher } = await setUp();
  await using _service = service;
  const subscriber = await parts.drivers.network.openSubscriber();
  subscriber.registerTopic("D");
  const batches = Collector.reading(subscriber.batches());
  const payloads = [event("a"), bytesOf("junk"), event("b")];
  const results = await resultsOf(payloads.map((payload) => publisher.send("D", payload)));
  assert.deepEqual(results, ["ok", "REFUSED", "ok"]);
  await batches.has((items) => items.flat().length === 2);
  const { acceptance }: PublisherReport = await publisher.close();
  assert.deepEqual(acceptance, {
    sent: 3,
    accepted: 2,
    refused: 1,
    uncertain: 0,
    isAcknowledged: true,
    isInterrupted: false,
  });
  await subscriber[Symbol.asyncDispose]();
});

Deno.test("PublisherService acknowledges every event that it received, when it stops", async () => {
  const { service, publisher } = await setUp();
  const sends = Array.from({ length: 2_000 }, (_, n) => publisher.send("D", event(`k${n}`)));
  const report = await service.stop();
  assert.equal(report.isClean, true);
  assert.deepEqual(new Set(await resultsOf(sends)), new Set(["ok"]));
  assert.equal(report.relayed, 2_000);
  await publisher.close();
});

Deno.test("PublisherService refuses only the events that Redis refuses, when a batch has others before and after", async () => {
  await using redis = await startRedis();
  const { service, publisher } = await setUp(redisStreamDriver({ addresses: [redis.address] }));
  await using _service = service;
  const send = (...keys: string[]) => resultsOf(keys.map((key) => publisher.send("D", event(key))));
  assert.deepEqual(await send("a1", "a2"), ["ok", "ok"]);
  await redis.cli(["config", "set", "maxmemory", "1"]);
  assert.deepEqual(await send("l1", "l2", "l3"), ["REFUSED", "REFUSED", "REFUSED"]);
  await redis.cli(["config", "set", "maxmemory", "0"]);
  assert.deepEqual(await send("b1"), ["ok"]);
  const { acceptance }: PublisherReport = await publisher.close();
  const { accepted, refused, uncertain } = acceptance ?? {};
  assert.deepEqual({ accepted, refused, uncertain }, { accepted: 3, refused: 3, uncertain: 0 });
});

for (const isFull of [true, false]) {
  Deno.test(`PublisherService.stop requests the owed syncs, when Redis ${isFull ? "still" : "no longer"} refuses events`, async () => {
    await using redis = await startRedis();
    const network = redisStreamDriver({ addresses: [redis.address] });
    const { parts, service, publisher } = await setUp(network);
    const subscriber = await network.openSubscriber();
    subscriber.registerTopic("D");
    await subscriber.ready();
    const batches = Collector.reading(subscriber.batches());
    await redis.cli(["config", "set", "maxmemory", "1"]);
    assert.deepEqual(await resultsOf([publisher.send("D", event("a"))]), ["REFUSED"]);
    if (!isFull) await redis.cli(["config", "set", "maxmemory", "0"]);
    assert.equal((await service.stop()).isClean, !isFull);
    if (!isFull) await batches.has((items) => items.flat().length === 1);
    const warnings = parts.log.messages("warn").filter((text) => text.startsWith("Syncs of"));
    assert.equal(warnings.length, isFull ? 1 : 0);
    await publisher.close();
    await subscriber[Symbol.asyncDispose]();
  });
}

Deno.test("PublisherService holds events while Redis is unreachable, and accepts them after it returns", async () => {
  await using redis = await startRedis();
  const { service, publisher } = await setUp(redisStreamDriver({ addresses: [redis.address] }));
  await using _service = service;
  await publisher.send("D", event("before"));
  await redis.kill();
  const network = () => service.observation.known.checks.find(({ name }) => name === "network");
  await eventually(network, (check) => check?.ok === false);
  const results = resultsOf(["x", "y", "z"].map((key) => publisher.send("D", event(key))));
  await redis.restart();
  assert.deepEqual(await results, ["ok", "ok", "ok"]);
  const { acceptance }: PublisherReport = await publisher.close();
  assert.equal(acceptance?.accepted, 4);
});

import assert from "node:assert/strict";
import { silentLogger } from "../../../drivers/contract/logger.ts";
import { systemClock } from "../../../service/base/clock.ts";
import { encodeUpdate } from "../../../service/event/codec/encode.ts";
import { type DbUpdate, dbUpdate } from "../../../service/event/db_update.ts";
import { NetworkSubscriber } from "../../../service/receive/network_subscriber.ts";
import { HealthReader } from "../../support/health_reader.ts";
import { redisContext, redisDriver } from "../../support/redis/drivers.ts";
import { killSubscribers } from "../../support/redis/faults.ts";
import { startRedis } from "../../support/redis/server.ts";

const LIMIT = { maxBytes: 1 << 20 };

Deno.test("NetworkSubscriber emits one sync for each interruption, when Redis closes its connection", async () => {
  await using server = await startRedis();
  const servers = { addresses: [server.address] };
  const driver = redisDriver(servers);
  const updates: DbUpdate[] = [];
  const lastReceived = Promise.withResolvers<void>();
  await using publisher = await driver.openPublisher();
  await using network = await NetworkSubscriber.open({
    settings: redisContext(servers).settings,
    driver,
    db: undefined,
    publisherUris: [],
    onUpdates: (some) => {
      updates.push(...some);
      if (some.some(({ key }) => key === "last")) lastReceived.resolve();
    },
    clock: systemClock,
    log: silentLogger,
    random: () => 0,
  });
  const health = new HealthReader(network.health);
  await network.ready();
  for (const interruptions of [1, 2]) {
    await killSubscribers(server);
    await health.has("live confirmed", interruptions + 1);
  }
  const last = dbUpdate({ table: "lport", key: "last", action: "create", timestamp: 0 });
  await publisher.send("D", encodeUpdate(last, "map", LIMIT));
  await lastReceived.promise;
  assert.deepEqual(updates.map(({ action }) => action), ["sync", "sync", "create"]);
});

import assert from "node:assert/strict";
import { DriverError } from "../../../drivers/contract/errors.ts";
import { encodeUpdate } from "../../../service/event/codec/encode.ts";
import { systemClock } from "../../../service/base/clock.ts";
import { dbUpdate } from "../../../service/event/db_update.ts";
import type { PublisherService } from "../../../service/controller/publisher_service.ts";
import { MEMORY_CAPACITY } from "../../support/relay_fixture.ts";
import {
  OWN_ID,
  type ServiceParts,
  serviceParts,
  startService,
} from "../../support/service_fixture.ts";
import { FrameReader } from "../../support/frame_reader.ts";

const EVENT = encodeUpdate(dbUpdate({ table: "lport", key: "p", action: "set" }), "map");

function isClosed(error: unknown): boolean {
  return error instanceof DriverError && error.code === "CLOSED";
}

/** A service whose network has no room, with `more` events that it has accepted. */
async function stalledService(drainTimeout: string, more = 5) {
  const parts = await serviceParts({ "df.drain_timeout": drainTimeout });
  const service = await startService(parts, { clock: systemClock });
  const subscriber = await parts.drivers.network.openSubscriber();
  subscriber.registerTopic("D");
  await sendLocally(parts, MEMORY_CAPACITY);
  await sendLocally(parts, more);
  return { parts, service, subscriber };
}

async function sendLocally({ drivers, clock }: ServiceParts, count: number): Promise<void> {
  const publisher = await drivers.local.openPublisher();
  for (let sent = 0; sent < count; sent++) assert(publisher.trySend("D", EVENT));
  await clock.settle();
}

async function timed<T>(action: () => Promise<T>): Promise<{ result: T; ms: number }> {
  const start = performance.now();
  const result = await action();
  return { result, ms: performance.now() - start };
}

Deno.test("PublisherService.stop relays the accepted events, deregisters and closes everything", async () => {
  const parts = await serviceParts();
  const service = await startService(parts);
  await service.ready();
  await using subscriber = await parts.drivers.network.openSubscriber();
  subscriber.registerTopic("D");
  const frames = new FrameReader(subscriber);
  const publisher = await parts.drivers.local.openPublisher();
  for (let sent = 0; sent < 500; sent++) publisher.trySend("D", EVENT);
  const expected = { isClean: true, relayed: 500, converted: 0, refused: 0 };
  assert.deepEqual(await service.stop(), expected);
  await frames.count(500);
  assert.deepEqual(await (await parts.drivers.direct()).keys("publisher"), []);
  const [client] = parts.drivers.clients;
  assert.equal(client?.calls.at(-1)?.method, "compareAndDelete");
  await assert.rejects(client.keys("publisher"), isClosed);
  assert.equal(parts.clock.sleepers, 0);
});

Deno.test("PublisherService.stop runs once, when it is called twice and the service is disposed afterwards", async () => {
  const parts = await serviceParts();
  await using service = await startService(parts);
  const [first, second] = await Promise.all([service.stop(), service.stop()]);
  assert.equal(first, second);
  await service[Symbol.asyncDispose]();
  await service[Symbol.asyncDispose]();
  assert.equal(await service.stop(), first);
});

Deno.test("PublisherService.ready rejects, when the service is stopped before it is ready", async () => {
  const parts = await serviceParts();
  const service = await startService(parts);
  parts.drivers.setDown(true);
  const ready = service.ready();
  const rejected = assert.rejects(ready, isClosed);
  await service.stop();
  await rejected;
  await assert.rejects(service.ready(), isClosed);
});

Deno.test("PublisherService.stop is unclean but in time, when the deadline ends the drain", async () => {
  const { service, subscriber } = await stalledService("0.2");
  const { result, ms } = await timed(() => service.stop());
  assert.equal(result.isClean, false);
  assert.equal(result.relayed, MEMORY_CAPACITY);
  assert(ms >= 190 && ms < 4_500, `stopped after ${ms} ms`);
  await subscriber[Symbol.asyncDispose]();
});

Deno.test("PublisherService.stop is clean, when the network has room again in time", async () => {
  const { service, subscriber } = await stalledService("20");
  const stopped = service.stop();
  const frames = new FrameReader(subscriber);
  const expected = { isClean: true, relayed: MEMORY_CAPACITY + 5, converted: 0, refused: 0 };
  assert.deepEqual(await stopped, expected);
  await frames.count(MEMORY_CAPACITY + 5);
  await subscriber[Symbol.asyncDispose]();
});

Deno.test("PublisherService cuts a stop short, when it is disposed during the stop", async () => {
  const { service, subscriber } = await stalledService("60");
  const stopped = service.stop();
  const { ms } = await timed(() => service[Symbol.asyncDispose]());
  assert(ms < 30_000, `disposed after ${ms} ms`);
  assert.equal((await stopped).isClean, false);
  await subscriber[Symbol.asyncDispose]();
});

Deno.test("PublisherService removes its row, when it is only disposed", async () => {
  const parts = await serviceParts();
  {
    await using service = await startService(parts);
    await service.ready();
  }
  assert.deepEqual(await (await parts.drivers.direct()).keys("publisher"), []);
  assert.equal(parts.clock.sleepers, 0);
});

Deno.test("PublisherService.stop is in time, when a table monitor waits for the network", async () => {
  const parts = await serviceParts({
    "df.monitor_tables": "chassis",
    "df.pub_sub_send_timeout": "60",
    "df.drain_timeout": "0.2",
  });
  await (await parts.drivers.direct()).create("chassis", "c1", "{}");
  const service: PublisherService = await startService(parts);
  const subscriber = await parts.drivers.network.openSubscriber();
  subscriber.registerTopic("D");
  await sendLocally(parts, MEMORY_CAPACITY);
  await parts.clock.advance(3_000);
  const { ms } = await timed(() => service.stop());
  assert(ms < 30_000, `stopped after ${ms} ms`);
  await subscriber[Symbol.asyncDispose]();
});

Deno.test("PublisherService.stop refuses events at once and is in time, when the database does not answer", async () => {
  const parts = await serviceParts({ "df.drain_timeout": "2" });
  const { drivers: { clients }, clock, log } = parts;
  const service = await startService(parts);
  await service.ready();
  const frozen = Promise.withResolvers<void>();
  for (const client of clients) client.before = () => frozen.promise;
  await clock.advance(10_000);
  const stopped = service.stop();
  await clock.settle();
  await sendLocally(parts, 1);
  await clock.advance(2_000);
  const expected = { isClean: true, relayed: 0, converted: 0, refused: 0 };
  assert.deepEqual(await stopped, expected);
  assert.match(
    log.messages("warn").join(),
    /The database does not answer: publisher ".*" may keep/,
  );
  frozen.resolve();
  await clock.settle();
  assert.equal(clock.sleepers, 0);
});

Deno.test("PublisherService.stop completes, when the database is down", async () => {
  const parts = await serviceParts();
  const service = await startService(parts);
  await service.ready();
  parts.drivers.setDown(true);
  assert.equal((await service.stop()).isClean, true);
  assert.match(parts.log.messages("warn").join("\n"), /Cannot deregister publisher/);
  assert.deepEqual(await (await parts.drivers.direct()).keys("publisher"), [OWN_ID]);
});

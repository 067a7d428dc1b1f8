import assert from "node:assert/strict";
import { DriverError } from "../../../drivers/contract/errors.ts";
import { NotPublished } from "../../../service/node/not_published.ts";
import { Collector } from "../../support/collector.ts";
import { withoutLeaks } from "../../support/handles.ts";
import { LocalDrivers } from "../../support/zmq/local_drivers.ts";
import { setUpNbApi, shown } from "../../support/nb_api_fixture.ts";
import { serviceParts, startService } from "../../support/service_fixture.ts";
import { type TempDir, tempDir } from "../../support/temp_dir.ts";

/** Real sockets in a directory, with the drivers of a deployment, except for the database. */
function deployed(directory: TempDir): Readonly<Record<string, string>> {
  return {
    "df.pub_sub_driver": "zmq_pubsub_driver",
    "df.pub_sub_multiproc_driver": "zmq_pubsub_multiproc_driver",
    "df.pub_sub_use_multiproc": "true",
    "df.publisher_bind_address": "127.0.0.1",
    "df.publisher_port": "0",
    "df.publisher_multiproc_socket": directory.join("socket"),
  };
}

async function deploy(directory: TempDir, drivers = new LocalDrivers()) {
  const parts = { ...await serviceParts(deployed(directory)), drivers };
  const service = await startService(parts);
  await service.ready();
  return { drivers, service, parts };
}

Deno.test("two NbApis receive each other's events through one PublisherService, end to end", async () => {
  await using directory = await tempDir();
  await withoutLeaks(async () => {
    const { drivers, service } = await deploy(directory);
    {
      await using controller = await setUpNbApi(deployed(directory), drivers);
      await using node = await setUpNbApi(deployed(directory), drivers);
      await Promise.all([controller.api.ready(), node.api.ready()]);
      await controller.api.create("lport", "p", "{}");
      await node.api.set("lport", "p", "1");
      await controller.api.delete("lport", "p");
      for (const { changes } of [controller, node]) {
        await changes.count(3);
        const lines = changes.items.map(shown).sort();
        assert.deepEqual(lines, [
          "create lport/p on D = {}",
          "delete lport/p on D = null",
          "set lport/p on D = 1",
        ]);
      }
    }
    const { isClean, relayed } = await service.stop();
    assert.deepEqual({ isClean, relayed }, { isClean: true, relayed: 3 });
  });
});

Deno.test("NbApi delivers a burst complete and in order, when it goes through the service", async () => {
  await using directory = await tempDir();
  const { drivers, service } = await deploy(directory);
  await using node = await setUpNbApi(deployed(directory), drivers);
  await node.api.ready();
  const keys = Array.from({ length: 2_000 }, (_, key) => String(key));
  for (const key of keys) await node.api.create("lport", key, "{}");
  await node.changes.count(keys.length);
  assert.deepEqual(node.changes.items.map((update) => update.key), keys);
  await service.stop();
});

Deno.test("NbApi reports the failure and keeps the row, when there is no publisher service", async () => {
  await using directory = await tempDir();
  const overrides = { ...deployed(directory), "df.pub_sub_send_timeout": "0.05" };
  await using fixture = await setUpNbApi(overrides);
  await assert.rejects(fixture.api.create("lport", "p", "{}"), (error) => {
    assert(error instanceof NotPublished && error.cause instanceof DriverError);
    assert.equal(error.cause.code, "NO_PUBLISHER_SERVICE");
    return true;
  });
  assert.equal(await fixture.api.get("lport", "p"), "{}");
});

Deno.test("NbApi emits a sync and continues, when another service replaces the service", async () => {
  await using directory = await tempDir();
  const { drivers, service } = await deploy(directory);
  await using node = await setUpNbApi(deployed(directory), drivers);
  await node.api.ready();
  const health = Collector.reading(node.api.health());
  await service.stop();
  const { service: next } = await deploy(directory, drivers);
  await node.parts.clock.advance(30_000);
  await health.has((events) => events.some(({ kind }) => kind === "live"));
  await node.changes.count(1);
  assert.deepEqual(node.changes.items.map(shown), ["sync"]);
  await node.api.create("lport", "p", "{}");
  await node.changes.count(2);
  await next.stop();
});

Deno.test("NbApi reports the health of its connections, and leaves nothing open", async () => {
  await using directory = await tempDir();
  await withoutLeaks(async () => {
    const { drivers, service } = await deploy(directory);
    const fixture = await setUpNbApi(deployed(directory), drivers);
    const events = fixture.api.health();
    await events[Symbol.asyncIterator]().return?.();
    const health = Array.fromAsync(events);
    await fixture.api.ready();
    assert.equal((await fixture.api.close()).flushed, true);
    await fixture[Symbol.asyncDispose]();
    const kinds = (await health).map((event) => event.kind);
    assert.deepEqual(kinds, ["connected", "live"]);
    await service[Symbol.asyncDispose]();
  });
});

import assert from "node:assert/strict";
import { DriverError } from "../../drivers/contract/errors.ts";
import { silentLogger } from "../../drivers/contract/logger.ts";
import {
  dbDrivers,
  driverOptions,
  findDbDriver,
  findPubSubDriver,
  loadDbDriver,
  loadPubSubDriver,
  pubSubDrivers,
} from "../../drivers/registry.ts";
import type { DriverEntry } from "../../drivers/contract/driver_entry.ts";
import { nbDbClass } from "../../service/config/options/host.ts";
import { pubSubDriver, pubSubMultiprocDriver } from "../../service/config/options/pub_sub.ts";
import { effectiveSettings } from "../support/effective_settings.ts";
import { EtcdServer } from "../support/etcd/server.ts";
import { startRedis } from "../support/redis/server.ts";
import { tempDir } from "../support/temp_dir.ts";

const KINDS: readonly {
  readonly kind: string;
  readonly entries: readonly DriverEntry<{ readonly name: string }>[];
  readonly find: (name: string) => DriverEntry<{ readonly name: string }>;
}[] = [
  { kind: "findPubSubDriver", entries: pubSubDrivers, find: findPubSubDriver },
  { kind: "findDbDriver", entries: dbDrivers, find: findDbDriver },
];

async function context(directory: string, redis = "127.0.0.1:6379") {
  const settings = await effectiveSettings({
    "df.sqlite_path": `${directory}/nb.sqlite3`,
    "df.remote_db_hosts": redis,
  });
  return { settings, log: silentLogger };
}

for (const { kind, entries, find } of KINDS) {
  Deno.test(`${kind} finds every entry by its name and by each alias`, () => {
    for (const entry of entries) {
      for (const name of [entry.name, ...entry.aliases, ` ${entry.name} `]) {
        assert.equal(find(name), entry, name);
      }
    }
  });

  Deno.test(`${kind} lists the existing drivers, when the name is unknown`, () => {
    assert.throws(() => find("kafka"), (error) => {
      assert(error instanceof DriverError && error.code === "DRIVER_UNKNOWN");
      assert.match(error.message, /"kafka"/);
      for (const { name } of entries) assert(error.message.includes(name), error.message);
      return true;
    });
  });

  Deno.test(`${kind} finds nothing, when a name is empty or only similar`, () => {
    for (const name of ["", "ZMQ_PUBSUB_DRIVER", "memor", "constructor"]) {
      assert.throws(() => find(name), DriverError, name);
    }
  });

  Deno.test(`${kind}: no two drivers share a name or alias`, () => {
    const names = entries.flatMap((entry) => [entry.name, ...entry.aliases]);
    assert.deepEqual(names.filter((name, index) => names.indexOf(name) !== index), []);
  });

  Deno.test(`${kind}: every summary is one sentence without a final period`, () => {
    for (const { summary } of entries) assert.match(summary, /^[A-Z].*[^.]$/);
  });
}

const CLASSES = "dragonflow.db.pubsub_drivers.zmq_pubsub_driver";

const ORIGINAL_NAMES: readonly (readonly [string, string])[] = [
  ["zmq_pubsub_driver", "zmq_pubsub_driver"],
  ["zmq_bind_pubsub_driver", "zmq_pubsub_driver"],
  ["zmq_pubsub_multiproc_driver", "zmq_pubsub_multiproc_driver"],
  [`${CLASSES}.ZMQPubSub`, "zmq_pubsub_driver"],
  [`${CLASSES}:ZMQPubSub`, "zmq_pubsub_driver"],
  [`${CLASSES}:ZMQPubSubBind`, "zmq_pubsub_driver"],
  [`${CLASSES}:ZMQPubSubConnect`, "zmq_pubsub_driver"],
  [`${CLASSES}.ZMQPubSubMultiproc`, "zmq_pubsub_multiproc_driver"],
  [`${CLASSES}:ZMQPubSubMultiproc`, "zmq_pubsub_multiproc_driver"],
];

for (const [name, driver] of ORIGINAL_NAMES) {
  Deno.test(`findPubSubDriver accepts the original's "${name}"`, () => {
    assert.equal(findPubSubDriver(name).name, driver);
  });
}

for (const entry of pubSubDrivers) {
  Deno.test(`loadPubSubDriver loads "${entry.name}", and the driver has that name`, async () => {
    await using directory = await tempDir();
    const driver = await loadPubSubDriver(entry.name, await context(directory.path));
    assert.equal(driver.name, entry.name);
  });
}

/** Where the server of a driver is; undefined for one that needs none. */
async function startServer(
  name: string,
  resources: AsyncDisposableStack,
): Promise<string | undefined> {
  if (name === "redis_nb_db_driver") return resources.use(await startRedis()).address;
  if (name === "etcd_nb_db_driver") return resources.use(await EtcdServer.start()).addresses[0];
  return undefined;
}

for (const entry of dbDrivers) {
  Deno.test(`loadDbDriver opens "${entry.name}", and the driver's own name leads back to the entry`, async () => {
    await using directory = await tempDir();
    await using resources = new AsyncDisposableStack();
    const address = await startServer(entry.name, resources);
    await using db = await loadDbDriver(entry.name, await context(directory.path, address));
    assert.deepEqual(await db.keys("lport"), []);
    assert.equal(findDbDriver(db.name), entry);
  });
}

Deno.test("driverOptions contains each option of every driver once", () => {
  const names = driverOptions.map(({ group, name }) => `${group}.${name}`);
  assert.deepEqual(names.filter((name, index) => names.indexOf(name) !== index), []);
  for (const entry of [...pubSubDrivers, ...dbDrivers]) {
    for (const option of entry.options) assert(driverOptions.includes(option), option.name);
  }
});

Deno.test("the registry has the drivers that the configuration names by default", async () => {
  const settings = await effectiveSettings();
  findPubSubDriver(settings.get(pubSubDriver));
  findPubSubDriver(settings.get(pubSubMultiprocDriver));
  findDbDriver(settings.get(nbDbClass));
});

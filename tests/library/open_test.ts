import assert from "node:assert/strict";
import {
  loadConfig,
  type Logger,
  openNbApi,
  openNetworkSubscriber,
  openPublishersTable,
  PubSubError,
} from "../../mod.ts";
import { DbUnavailable, type PubSubDriverEntry, silentLogger } from "../../driver.ts";
import { dbUpdate, encodeUpdate } from "../../wire.ts";
import { createMemoryDriver } from "../../drivers/pubsub/memory.ts";
import { withoutLeaks } from "../support/handles.ts";
import { RecordingLogger } from "../support/fakes/recording_logger.ts";
import { ownDb } from "../support/own_db.ts";
import { tempDir } from "../support/temp_dir.ts";
import { makeTlsFiles } from "../support/tls_files.ts";
import { tlsOverrides } from "../support/zmq/zmq_tls.ts";

const MEMORY = {
  "df.enable_df_pub_sub": true,
  "df.pub_sub_use_multiproc": false,
  "df.pub_sub_driver": "memory",
  "df.nb_db_class": "memory",
};

Deno.test("openNbApi takes a configuration that was read before, and not its sources besides", async () => {
  const config = await loadConfig({ set: MEMORY });
  await using api = await openNbApi({ config });
  await api.create("lport", "p", "{}");
  assert.equal(await api.get("lport", "p"), "{}");
  await assert.rejects(openNbApi({ config, set: {} }), TypeError);
});

Deno.test("openNbApi uses the drivers of the application, as the configuration names them", async () => {
  const { entry, isOpen } = ownDb();
  const bus: PubSubDriverEntry = {
    name: "own_bus",
    aliases: [],
    summary: "A test's own",
    options: [],
    load: () => Promise.resolve(createMemoryDriver),
  };
  const set = { ...MEMORY, "df.nb_db_class": "own", "df.pub_sub_driver": "own_bus" };
  const api = await openNbApi({ set, dbDrivers: [entry], pubSubDrivers: [bus] });
  await api.create("lport", "p", "{}");
  assert.equal(isOpen(), true);
  await api[Symbol.asyncDispose]();
  assert.equal(isOpen(), false);
});

Deno.test("openNetworkSubscriber and openPublishersTable close the database that they opened", async () => {
  const { entry, isOpen } = ownDb();
  const options = { set: { ...MEMORY, "df.nb_db_class": "own" }, dbDrivers: [entry] };
  const subscriber = await openNetworkSubscriber({ ...options, onUpdates() {} });
  assert.equal(isOpen(), true);
  await subscriber[Symbol.asyncDispose]();
  assert.equal(isOpen(), false);
  {
    await using table = await openPublishersTable(options);
    assert.deepEqual(await table.list(), []);
    assert.equal(isOpen(), true);
  }
  assert.equal(isOpen(), false);
});

Deno.test("openNetworkSubscriber and openPublishersTable create no database, when it is missing", async () => {
  await using directory = await tempDir();
  const set = { ...MEMORY, "df.nb_db_class": "sqlite", "df.sqlite_path": directory.join("a/db") };
  set["df.pub_sub_driver"] = "zmq_pubsub_driver";
  const log = new RecordingLogger();
  await using _subscriber = await openNetworkSubscriber({ set, log, onUpdates() {} });
  assert.match(log.messages("warn")[0] ?? "", /publishers table: .* No database at/);
  await using table = await openPublishersTable({ set });
  await assert.rejects(table.list(), DbUnavailable);
  assert.deepEqual(await Array.fromAsync(Deno.readDir(directory.path)), []);
});

Deno.test("openNetworkSubscriber closes the database, when the driver cannot be opened", async () => {
  const { entry, isOpen } = ownDb();
  const set = {
    ...MEMORY,
    "df.nb_db_class": "own",
    // Hands an event to one subscriber only.
    "df.pub_sub_driver": "zmq_pubsub_multiproc_driver",
  };
  await assert.rejects(
    openNetworkSubscriber({ set, dbDrivers: [entry], onUpdates() {} }),
    PubSubError,
  );
  assert.equal(isOpen(), false);
});

Deno.test("openNetworkSubscriber closes the database, when the application throws", async () => {
  const { entry, isOpen } = ownDb();
  const bus = createMemoryDriver({ settings: await loadConfig(), log: silentLogger });
  const own: PubSubDriverEntry = {
    name: "own_bus",
    aliases: [],
    summary: "A test's own",
    options: [],
    load: () => Promise.resolve(() => bus),
  };
  const subscriber = await openNetworkSubscriber({
    set: { ...MEMORY, "df.nb_db_class": "own", "df.pub_sub_driver": "own_bus" },
    dbDrivers: [entry],
    pubSubDrivers: [own],
    onUpdates: () => {
      throw new Error("a mistake of the application");
    },
  });
  const unhandled = new Promise((resolve) => {
    addEventListener("unhandledrejection", (event) => {
      event.preventDefault();
      resolve(event.reason);
    }, { once: true });
  });
  const publisher = await bus.openPublisher();
  publisher.trySend("D", encodeUpdate(dbUpdate({ table: "t", key: "k", action: "set" }), "map"));
  await unhandled;
  await assert.rejects(async () => await subscriber[Symbol.asyncDispose](), /a mistake of the app/);
  assert.equal(isOpen(), false);
});

Deno.test("openNetworkSubscriber refuses a publisher that it cannot follow, and closes what it opened", async () => {
  const open = (uri: string, driver: string, more = {}) =>
    openNetworkSubscriber({
      set: { ...MEMORY, "df.pub_sub_driver": driver, ...more },
      publisherUris: ["tcp://192.0.2.1:8866", uri],
      onUpdates() {},
    });
  await using files = await makeTlsFiles();
  const secure = tlsOverrides("required", files.authority);
  await withoutLeaks(async () => {
    await assert.rejects(open("192.0.2.2", "zmq_pubsub_driver"), {
      name: "RangeError",
      message:
        'openNetworkSubscriber "publisherUris": "192.0.2.2": not the address of a publisher, ' +
        "wanted one as tcp://192.0.2.10:8866",
    });
    await assert.rejects(open("tls://192.0.2.2:8867", "zmq_pubsub_driver"), /connects without TLS/);
    await assert.rejects(open("tcp://192.0.2.2:8866", "memory"), /wanted no address/);
    const insecure = open("tls://192.0.2.2:8867", "zmq_pubsub_driver", secure);
    await assert.rejects(insecure, /connects with TLS only, wanted tls:\/\/192.0.2.1:8866/);
  });
});

Deno.test("the functions of the library refuse a string in place of a list, as code without types may pass it", async () => {
  const refusal = (name: string) => ({
    name: "TypeError",
    message: `"${name}": not a list of strings, wanted a list such as ["a", "b"]`,
  });
  const list = (name: string, value: unknown = "lport") => ({ set: MEMORY, [name]: value });
  await assert.rejects(openNbApi(list("tables")), refusal("tables"));
  await assert.rejects(openNbApi(list("tables", [1])), refusal("tables"));
  await assert.rejects(openNbApi(list("tables", null)), refusal("tables"));
  await assert.rejects(loadConfig(list("files", "a.ini")), refusal("files"));
  await assert.rejects(openPublishersTable(list("directories", "/etc")), refusal("directories"));
  for (const name of ["topics", "publisherUris"]) {
    await assert.rejects(openNetworkSubscriber({ ...list(name), onUpdates() {} }), refusal(name));
  }
});

Deno.test("openNbApi reports to the log that it was given", async () => {
  const lines: string[] = [];
  const note = (message: string) => void lines.push(message);
  const log: Logger = { debug: note, info: note, warn: note, error: note };
  const set = { ...MEMORY, "df.pub_sub_change_queue_size": 10 };
  await using api = await openNbApi({ set, log });
  const changes = api.changes();
  for (let key = 0; key < 50; key++) await api.create("lport", `${key}`, "{}");
  for await (const { action, reason } of changes) {
    if (action !== "sync") continue;
    assert.equal(reason, "overflow");
    break;
  }
  assert(lines.some((line) => line.includes("Change queue")), lines.join("\n"));
});

for (
  const [what, isUnrecognized, set, code] of [
    ["does not recognize the default", true, {}, "CONFIG_INVALID"],
    ["cannot reach the default", false, {}, "DB_UNAVAILABLE"],
    ["does not recognize what is named", true, { "df.nb_db_class": "etcd" }, "DB_UNAVAILABLE"],
  ] as const
) {
  Deno.test(`openPublishersTable rejects with ${code}, when it ${what}`, async () => {
    const refusing = () => Promise.reject(new DbUnavailable("no answer", { isUnrecognized }));
    const load = () => Promise.resolve(refusing);
    const aliases = ["etcd_nb_db_driver"];
    const entry = { name: "etcd", aliases, summary: "A test's own", options: [], load };
    const opening = openPublishersTable({
      set: { ...set, "df.remote_db_hosts": "192.0.2.1:2379" },
      dbDrivers: [entry],
    });
    await assert.rejects(opening, (error) => error instanceof PubSubError && error.code === code);
  });
}

Deno.test("NbApi.changes ends when its signal aborts, and the next iteration goes on", async () => {
  await using api = await openNbApi({ set: MEMORY });
  const abort = new AbortController();
  const keys: (string | null)[] = [];
  const following = (async () => {
    for await (const { key } of api.changes({ signal: abort.signal })) keys.push(key);
  })();
  await api.create("lport", "a", "{}");
  while (keys.length === 0) await new Promise((resolve) => setTimeout(resolve));
  abort.abort();
  await following;
  await api.create("lport", "b", "{}");
  for await (const { key } of api.changes()) {
    keys.push(key);
    break;
  }
  assert.deepEqual(keys, ["a", "b"]);
});

Deno.test("NbApi.changes continues, when its result is iterated again", async () => {
  await using api = await openNbApi({ set: MEMORY });
  const changes = api.changes();
  const keys: (string | null)[] = [];
  for (const created of ["a", "b"]) {
    await api.create("lport", created, "{}");
    for await (const { key } of changes) {
      keys.push(key);
      break;
    }
  }
  assert.deepEqual(keys, ["a", "b"]);
});

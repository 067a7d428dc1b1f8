import assert from "node:assert/strict";
import { encodeUpdate } from "../../../service/event/codec/encode.ts";
import { dbUpdate, type DbUpdateInit } from "../../../service/event/db_update.ts";
import { NbApi } from "../../../service/node/nb_api.ts";
import { bytesOf } from "../../support/frame_reader.ts";
import { BY_BROKER, type NbApiFixture, setUpNbApi, shown } from "../../support/nb_api_fixture.ts";
import { serviceParts } from "../../support/service_fixture.ts";

/** Sends events as another node would. */
async function publish(
  { drivers }: NbApiFixture["parts"],
  updates: readonly DbUpdateInit[],
): Promise<void> {
  const publisher = await drivers.network.openPublisher();
  for (const update of updates) publisher.trySend("D", encodeUpdate(dbUpdate(update), "map"));
}

const row = (key: string, action = "set") => ({ table: "lport", key, action });

Deno.test("NbApi.changes reads missing values of events, except for delete and log", async () => {
  await using fixture = await setUpNbApi();
  const db = await fixture.parts.drivers.direct();
  await db.create("lport", "p", "{}", { topic: "t" });
  await publish(fixture.parts, [row("p"), row("p", "delete"), row("p", "log")]);
  assert.deepEqual(await fixture.takeChanges(), [
    "set lport/p on D = {}",
    "delete lport/p on D = null",
    "log lport/p on D = null",
  ]);
});

Deno.test("NbApi.changes skips an event, when its row has been deleted since", async () => {
  await using fixture = await setUpNbApi();
  await publish(fixture.parts, [row("gone"), row("gone", "delete")]);
  assert.deepEqual(await fixture.takeChanges(), ["delete lport/gone on D = null"]);
  assert.deepEqual(fixture.parts.log.messages("warn"), []);
});

Deno.test("NbApi.changes emits a sync for each unreadable value, and warns once", async () => {
  await using fixture = await setUpNbApi();
  const { drivers, log } = fixture.parts;
  await (await drivers.direct()).create("lport", "p", "{}");
  drivers.setDown(true);
  await publish(fixture.parts, [row("p"), { ...row("q"), value: "known" }, row("p")]);
  assert.deepEqual(await fixture.takeChanges(), ["sync", "set lport/q on D = known", "sync"]);
  assert.equal(log.messages("warn").length, 1);
  assert.match(log.messages("warn")[0] ?? "", /^Reading the rows of events: database unreachable/);
  drivers.setDown(false);
  await publish(fixture.parts, [row("p")]);
  assert.deepEqual(await fixture.takeChanges(), ["set lport/p on D = {}"]);
  assert.match(log.messages("info").at(-1) ?? "", /database reachable again/);
});

Deno.test("NbApi.changes emits sync and unknown actions unchanged", async () => {
  await using fixture = await setUpNbApi();
  await publish(fixture.parts, [
    { table: null, key: null, action: "sync" },
    { ...row("p", "invented"), value: "v" },
  ]);
  assert.deepEqual(await fixture.takeChanges(), ["sync", "invented lport/p on D = v"]);
});

Deno.test("NbApi.changes ignores a frame that is not an event, and logs it", async () => {
  await using fixture = await setUpNbApi();
  const publisher = await fixture.parts.drivers.network.openPublisher();
  publisher.trySend("D", bytesOf("junk"));
  await publish(fixture.parts, [{ ...row("p"), value: "v" }]);
  assert.deepEqual(await fixture.takeChanges(), ["set lport/p on D = v"]);
  assert.match(fixture.parts.log.messages("warn").join(), /^From the network: /);
});

Deno.test("NbApi.changes keeps the order of arrival, when the application does not read for a while", async () => {
  const parts = await serviceParts(BY_BROKER);
  await using api = await NbApi.open(parts);
  for (let key = 0; key < 100; key++) {
    await api.create("lport", String(key), "{}");
    if (key % 10 === 0) await parts.clock.advance(1);
  }
  const keys: string[] = [];
  for await (const { key } of api.changes()) {
    keys.push(key ?? "");
    if (keys.length === 100) break;
  }
  assert.deepEqual(keys, Array.from({ length: 100 }, (_, key) => String(key)));
});

Deno.test("NbApi.changes emits no queued event of a topic, when the topic is unregistered", async () => {
  const selective = { "df.enable_selective_topology_distribution": "true" };
  await using api = await NbApi.open(await serviceParts({ ...BY_BROKER, ...selective }));
  api.registerTopic("t");
  await api.ready();
  for (const key of ["a", "b"]) await api.create("lport", key, "{}", { topic: "t" });
  await api.create("lport", "c", "{}");
  const seen: string[] = [];
  for await (const { key } of api.changes()) {
    seen.push(key ?? "");
    api.unregisterTopic("t");
    if (key === "c") break;
  }
  assert.deepEqual(seen, ["a", "c"]);
});

Deno.test("NbApi.changes emits no earlier event, when a topic is unregistered and registered again", async () => {
  const selective = { "df.enable_selective_topology_distribution": "true" };
  const parts = await serviceParts({ ...BY_BROKER, ...selective });
  await using api = await NbApi.open(parts);
  const changes = api.changes();
  api.registerTopic("t");
  await api.ready();
  for (const key of ["a", "b"]) await api.create("lport", key, "{}", { topic: "t" });
  await parts.clock.settle();
  api.unregisterTopic("t");
  await api.create("lport", "missed", "{}", { topic: "t" });
  api.registerTopic("t");
  await api.ready();
  for (const key of ["c", "d"]) await api.create("lport", key, "{}", { topic: "t" });
  const seen: string[] = [];
  for await (const { key } of changes) {
    seen.push(key ?? "");
    if (key === "d") break;
  }
  assert.deepEqual(seen, ["c", "d"]);
});

Deno.test("NbApi.changes becomes one sync, when an application is too slow for its queue", async () => {
  const parts = await serviceParts({ ...BY_BROKER, "df.pub_sub_change_queue_size": "10" });
  await using api = await NbApi.open(parts);
  const changes = api.changes();
  for (let key = 0; key < 11; key++) await api.create("lport", String(key), "{}");
  await parts.clock.settle();
  await api.create("lport", "after", "{}");
  await parts.clock.settle();
  const seen: string[] = [];
  for await (const update of changes) {
    seen.push(shown(update));
    if (seen.length === 2) break;
  }
  assert.deepEqual(seen, ["sync", "create lport/after on D = {}"]);
  assert.deepEqual(parts.log.messages("warn"), [
    "Change queue: the queue was full, so a sync replaced 11 changes",
  ]);
});

Deno.test("NbApi.changes delivers each change to one iteration, when several iterate", async () => {
  await using fixture = await setUpNbApi();
  const other = Array.fromAsync(fixture.api.changes());
  for (let key = 0; key < 10; key++) await fixture.api.create("lport", String(key), "{}");
  const mine = await fixture.takeChanges();
  await fixture[Symbol.asyncDispose]();
  assert.equal(mine.length + (await other).length, 10);
});

Deno.test("NbApi.changes ends without an error, when it is disposed while it reads a value", async () => {
  await using fixture = await setUpNbApi();
  const { api, parts, changes } = fixture;
  const reading = Promise.withResolvers<void>();
  const goOn = Promise.withResolvers<void>();
  const [client] = parts.drivers.clients;
  assert(client !== undefined);
  client.before = () => {
    reading.resolve();
    return goOn.promise;
  };
  await publish(parts, [row("p"), row("q"), row("r")]);
  await reading.promise;
  const disposed = api[Symbol.asyncDispose]();
  await parts.clock.settle();
  goOn.resolve();
  await disposed;
  await fixture[Symbol.asyncDispose]();
  assert.deepEqual(changes.items, []);
  assert.deepEqual(parts.log.messages("warn"), []);
});

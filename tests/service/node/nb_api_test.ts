import assert from "node:assert/strict";
import { DbKeyNotFound, DriverError } from "../../../drivers/contract/errors.ts";
import { NbApi } from "../../../service/node/nb_api.ts";
import { NotPublished } from "../../../service/node/not_published.ts";
import { FrameReader } from "../../support/frame_reader.ts";
import { BY_BROKER, setUpNbApi } from "../../support/nb_api_fixture.ts";
import { serviceParts } from "../../support/service_fixture.ts";

Deno.test("NbApi writes the row and then publishes it, when rows are created, changed and deleted", async () => {
  await using first = await setUpNbApi();
  await using second = await setUpNbApi({}, first.parts.drivers);
  const { api } = first;
  await Promise.all([first.api.ready(), second.api.ready()]);
  await api.create("lport", "p", "{}");
  assert.equal(await second.api.get("lport", "p"), "{}");
  await api.set("lport", "p", '{"a": 1}');
  await api.delete("lport", "p");
  const expected = [
    "create lport/p on D = {}",
    'set lport/p on D = {"a": 1}',
    "delete lport/p on D = null",
  ];
  assert.deepEqual(await first.takeChanges(), expected);
  assert.deepEqual(await second.takeChanges(), expected);
  assert.deepEqual(await api.getAll("lport"), []);
});

Deno.test("NbApi publishes nothing, when the row to change does not exist", async () => {
  await using fixture = await setUpNbApi();
  await assert.rejects(fixture.api.set("lport", "p", "{}"), DbKeyNotFound);
  await assert.rejects(fixture.api.delete("lport", "p"), DbKeyNotFound);
  await assert.rejects(fixture.api.get("lport", "p"), DbKeyNotFound);
  assert.deepEqual(await fixture.takeChanges(), []);
});

Deno.test("NbApi publishes nothing, when the database is down", async () => {
  await using fixture = await setUpNbApi();
  fixture.parts.drivers.setDown(true);
  await assert.rejects(fixture.api.create("lport", "p", "{}"), { code: "DB_UNAVAILABLE" });
  assert.deepEqual(await fixture.takeChanges(), []);
});

Deno.test("NbApi reads the rows of one topic, or all of them", async () => {
  await using fixture = await setUpNbApi();
  await fixture.api.create("lport", "a", "1", { topic: "t" });
  await fixture.api.create("lport", "b", "2");
  const keys = async (topic?: string) =>
    (await fixture.api.getAll("lport", { topic })).map((row) => row.key);
  assert.deepEqual(await keys(), ["a", "b"]);
  assert.deepEqual(await keys("t"), ["a"]);
  assert.equal(await fixture.api.get("lport", "a", { topic: "t" }), "1");
  await assert.rejects(fixture.api.get("lport", "a", { topic: "other" }), DbKeyNotFound);
});

Deno.test("NbApi allocates unique keys of a table", async () => {
  await using fixture = await setUpNbApi();
  const numbers = [await fixture.api.allocateUniqueKey("lport")];
  numbers.push(await fixture.api.allocateUniqueKey("lport"));
  assert.deepEqual(numbers, [1, 2]);
});

Deno.test("NbApi publishes everything on the broadcast topic, when distribution is not selective", async () => {
  await using fixture = await setUpNbApi();
  await fixture.api.create("lport", "p", "{}", { topic: "t" });
  assert.deepEqual(await fixture.takeChanges(), ["create lport/p on D = {}"]);
});

Deno.test("NbApi receives a project's events only while its topic is registered, when distribution is selective", async () => {
  const selective = { "df.enable_selective_topology_distribution": "true" };
  await using fixture = await setUpNbApi(selective);
  const { api, takeChanges } = fixture;
  await api.create("lport", "a", "{}", { topic: "t" });
  await api.create("chassis", "c", "{}");
  assert.deepEqual(await takeChanges(), ["create chassis/c on D = {}"]);
  api.registerTopic("t");
  await api.ready();
  await api.set("lport", "a", "1", { topic: "t" });
  await api.create("lport", "b", "{}", { topic: "tt" });
  assert.deepEqual(await takeChanges(), ["set lport/a on t = 1"]);
  api.unregisterTopic("t");
  await api.delete("lport", "a", { topic: "t" });
  assert.deepEqual(await takeChanges(), []);
});

Deno.test("NbApi publishes a row that nodes then read, when its event is too large", async () => {
  await using fixture = await setUpNbApi({ "df.pub_sub_max_event_bytes": "1024" });
  const value = "x".repeat(2_000);
  await fixture.api.create("lport", "p", value);
  assert.deepEqual(await fixture.takeChanges(), [`create lport/p on D = ${value}`]);
});

Deno.test("NbApi reports that only the row was written, when its event cannot be published", async () => {
  await using fixture = await setUpNbApi({ "df.pub_sub_max_event_bytes": "1024" });
  const key = "k".repeat(2_000);
  await assert.rejects(fixture.api.create("lport", key, "{}"), (error) => {
    assert(error instanceof NotPublished);
    assert.equal(error.update.key, key);
    assert.match(
      error.message,
      /^Row "k+" of table "lport" was written, but its "create" event could not .*: Payload/,
    );
    assert(error.cause instanceof Error);
    return true;
  });
  assert.equal(await fixture.api.get("lport", key), "{}");
  assert.deepEqual(await fixture.takeChanges(), []);
});

Deno.test("NbApi.republish publishes the current state of a row, when it was written or deleted", async () => {
  const selective = { "df.enable_selective_topology_distribution": "true" };
  await using fixture = await setUpNbApi(selective);
  const { api, takeChanges } = fixture;
  api.registerTopic("t");
  await api.ready();
  await api.create("lport", "p", "{}", { topic: "t" });
  await takeChanges();
  await api.republish("lport", "p", { topic: "t" });
  assert.deepEqual(await takeChanges(), ["set lport/p on t = {}"]);
  await api.delete("lport", "p", { topic: "t" });
  await takeChanges();
  await api.republish("lport", "p", { topic: "t" });
  assert.deepEqual(await takeChanges(), ["delete lport/p on t = null"]);
  fixture.parts.drivers.setDown(true);
  await assert.rejects(api.republish("lport", "p"), { code: "DB_UNAVAILABLE" });
  assert.deepEqual(await takeChanges(), []);
});

Deno.test("NbApi.republish ends with the last state, when the row changes meanwhile", async () => {
  await using fixture = await setUpNbApi();
  const { api, takeChanges } = fixture;
  await api.create("lport", "p", "1");
  await takeChanges();
  await Promise.all([api.republish("lport", "p"), api.set("lport", "p", "2")]);
  assert.equal((await takeChanges()).at(-1), "set lport/p on D = 2");
  await Promise.all([api.republish("lport", "p"), api.delete("lport", "p")]);
  assert.equal((await takeChanges()).at(-1), "delete lport/p on D = null");
  await Promise.all([api.republish("lport", "p"), api.create("lport", "p", "3")]);
  assert.equal((await takeChanges()).at(-1), "set lport/p on D = 3");
});

Deno.test("NbApi.close waits for a republish that still reads the row", async () => {
  await using fixture = await setUpNbApi();
  const { api } = fixture;
  await api.create("lport", "p", "1");
  const republished = api.republish("lport", "p");
  await api.close();
  await republished;
});

Deno.test("NbApi refuses a topic that is too long, when distribution is selective", async () => {
  await using fixture = await setUpNbApi({
    "df.enable_selective_topology_distribution": "true",
  });
  const refusal = { name: "NotPublished", message: /"topic": 256 bytes, wanted at most 255/ };
  await assert.rejects(fixture.api.create("lport", "p", "{}", { topic: "t".repeat(256) }), refusal);
  assert.throws(() => fixture.api.registerTopic("t".repeat(256)), RangeError);
  assert.deepEqual(await fixture.takeChanges(), []);
});

Deno.test("NbApi uses the database alone, when enable_df_pub_sub is off", async () => {
  const parts = await serviceParts({
    "df.enable_df_pub_sub": "false",
    "df.pub_sub_driver": "none",
  });
  await using api = await NbApi.open(parts);
  await using listener = await parts.drivers.network.openSubscriber();
  listener.registerTopic("D");
  const frames = new FrameReader(listener);
  await api.ready();
  api.registerTopic("t");
  await api.create("lport", "p", "{}", { topic: "t" });
  assert.equal(await api.get("lport", "p"), "{}");
  assert.deepEqual(await Array.fromAsync(api.health()), []);
  const changes = Array.fromAsync(api.changes());
  assert.deepEqual(await api.close(), { flushed: true });
  assert.deepEqual(await changes, []);
  assert.deepEqual(frames.frames, []);
});

Deno.test("NbApi leaves nothing open, when a driver is unknown", async () => {
  const parts = await serviceParts({ ...BY_BROKER, "df.pub_sub_driver": "nonsense" });
  await assert.rejects(NbApi.open(parts), { code: "DRIVER_UNKNOWN" });
  const [client] = parts.drivers.clients;
  await assert.rejects(async () => await client?.keys("lport"), { code: "CLOSED" });
});

Deno.test("NbApi.close waits for a row that is being written, and for its event", async () => {
  await using writer = await setUpNbApi();
  await using reader = await setUpNbApi({}, writer.parts.drivers);
  const [client] = writer.parts.drivers.clients;
  assert(client !== undefined);
  const goOn = Promise.withResolvers<void>();
  client.before = () => goOn.promise;
  const created = writer.api.create("lport", "p", "{}");
  const closed = writer.api.close();
  await writer.parts.clock.settle();
  goOn.resolve();
  await Promise.all([created, closed]);
  assert.deepEqual(await reader.takeChanges(), ["create lport/p on D = {}"]);
});

Deno.test("NbApi closes once and ends its changes, when it is disposed twice and closed", async () => {
  const fixture = await setUpNbApi();
  const { api, changes } = fixture;
  await Promise.all([api[Symbol.asyncDispose](), api[Symbol.asyncDispose](), api.close()]);
  await api.close();
  assert.deepEqual(changes.items, []);
  await fixture[Symbol.asyncDispose]();
  const isClosed = (error: unknown) => error instanceof DriverError && error.code === "CLOSED";
  await assert.rejects(api.create("lport", "p", "{}"), isClosed);
  assert.equal(fixture.parts.clock.sleepers, 0);
});

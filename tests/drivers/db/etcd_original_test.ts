// Rows that a program of the original has written with etcd3gw, and those that it reads.
import assert from "node:assert/strict";
import { Buffer } from "node:buffer";
import type { NbDbDriver } from "../../../drivers/contract/db.ts";
import { endAfterTests } from "../../support/end_after_tests.ts";
import { openEtcdAt } from "../../support/etcd/db.ts";
import { EtcdServer } from "../../support/etcd/server.ts";
import { RecordingLogger } from "../../support/fakes/recording_logger.ts";

const server = await EtcdServer.start();

function test(name: string, run: (db: NbDbDriver, log: RecordingLogger) => Promise<void>): void {
  Deno.test(`etcd database ${name}`, async () => {
    await server.empty();
    const log = new RecordingLogger();
    await using db = await openEtcdAt(server.addresses, {}, log);
    await run(db, log);
  });
}

/** Puts one key by the JSON gateway, as etcd3gw does: keys of Python 3 are encoded in Latin-1. */
async function put(key: string, value: Uint8Array | string): Promise<void> {
  const body = {
    key: Buffer.from(key, "latin1").toString("base64"),
    value: Buffer.from(value).toString("base64"),
  };
  const url = `http://${server.addresses[0]}/v3/kv/put`;
  const response = await fetch(url, { method: "POST", body: JSON.stringify(body) });
  assert(response.ok, await response.text());
}

/** What etcdctl prints of the keys that begin so: a line for each key and one for its value. */
async function stored(prefix: string): Promise<string[]> {
  const { output } = await server.ctl(["get", prefix, "--prefix"]);
  return output.split("\n").slice(0, -1);
}

test("lays rows out as the original does", async (db) => {
  await db.create("lport", "p1", '{"id": "p1", "topic": "t1"}', { topic: "t1" });
  await db.create("publisher", "a", '{"id": "a", "uri": "tcp://192.0.2.1:8866"}');
  assert.deepEqual(await stored("/"), [
    ...["/lport/p1", '{"id": "p1", "topic": "t1"}'],
    ...["/publisher/a", '{"id": "a", "uri": "tcp://192.0.2.1:8866"}'],
  ]);
});

test("reads the topic of a row from its JSON, when the original has written it", async (db) => {
  await put("/lport/p1", '{"id": "p1", "topic": "t1"}');
  await put("/lport/p2", '{"id": "p2", "topic": null}');
  await put("/lport/p3", '"topic"');
  const topics = (await db.entries("lport")).map(({ topic }) => topic);
  assert.deepEqual(topics, ["t1", null, null]);
  assert.deepEqual(await db.keys("lport", { topic: "t1" }), ["p1"]);
  await db.set("lport", "p1", '{"id": "p1", "topic": "t1", "name": "x"}', { topic: "t1" });
  await assert.rejects(db.delete("lport", "p1", { topic: "t2" }), { code: "DB_KEY_NOT_FOUND" });
});

test("takes the topic of a row from its JSON again, when the original writes the row anew", async (db) => {
  await db.create("lport", "p1", "{}", { topic: "ours" });
  assert.deepEqual(await db.keys("lport", { topic: "ours" }), ["p1"]);
  await put("/lport/p1", '{"topic": "theirs"}');
  assert.deepEqual((await db.entries("lport"))[0]?.topic, "theirs");
  await assert.rejects(db.get("lport", "p1", { topic: "ours" }), { code: "DB_KEY_NOT_FOUND" });
});

test("leaves nothing behind of a row with a topic of its own, when the row is deleted", async (db) => {
  await db.create("lport", "p1", "{}", { topic: "t1" });
  assert.equal((await stored("/")).length, 4);
  await db.delete("lport", "p1");
  assert.deepEqual(await stored("/"), []);
});

test("reads, writes and deletes rows whose keys the original has encoded in Latin-1", async (db) => {
  await put("/lswitch/sw-\xfc", '{"id": "sw-\xfc"}');
  await put("/lswitch/sw-z", "{}");
  assert.deepEqual(await db.keys("lswitch"), ["sw-z", "sw-ü"]);
  await db.set("lswitch", "sw-ü", "1");
  assert.deepEqual(await db.entries("lswitch"), [
    { key: "sw-z", value: "{}", topic: null },
    { key: "sw-ü", value: "1", topic: null },
  ]);
  await db.create("lswitch", "sw-ü", "2");
  assert.deepEqual((await db.entries("lswitch")).map(({ value }) => value), ["{}", "2"]);
  assert.deepEqual(await stored("/lswitch/sw-ü"), ["/lswitch/sw-ü", "2"]);
  await put("/lswitch/sw-\xfc", "3");
  await db.delete("lswitch", "sw-ü");
  await db.delete("lswitch", "sw-ü");
  assert.deepEqual(await db.keys("lswitch"), ["sw-z"]);
});

test("never reads the key of another row as Latin-1, when it is valid UTF-8", async (db) => {
  // In Latin-1, "Ã©" has the bytes of "é" in UTF-8.
  await db.create("lport", "é", "1");
  const missing = { code: "DB_KEY_NOT_FOUND" };
  await assert.rejects(db.get("lport", "Ã©"), missing);
  await assert.rejects(db.set("lport", "Ã©", "2"), missing);
  await assert.rejects(db.delete("lport", "Ã©"), missing);
  await db.create("lport", "Ã©", "2");
  assert.deepEqual([await db.get("lport", "é"), await db.get("lport", "Ã©")], ["1", "2"]);
});

test("reads a table without a row that is not text, and warns of it once", async (db, log) => {
  await put("/lport/bad", Uint8Array.of(0xff, 0x00));
  await put("/lport/good", "1");
  for (let times = 0; times < 2; times++) {
    assert.deepEqual((await db.entries("lport")).map(({ key }) => key), ["good"]);
  }
  const isOfRow = { code: "DB_UNAVAILABLE", isOfRow: true, message: /row "bad".*not UTF-8/ };
  await assert.rejects(db.get("lport", "bad"), isOfRow);
  const warnings = log.messages("warn");
  assert.equal(warnings.length, 1);
  assert.match(warnings[0] ?? "", /ignored row "bad" of table "lport"/);
});

test("reads a table as it was at one moment, when it is compacted meanwhile", async (db) => {
  const keys = Array.from({ length: 600 }, (_, n) => `p${String(n).padStart(4, "0")}`);
  await Promise.all(keys.map((key) => db.create("lport", key, key)));
  const known = new (class extends Map<string, never> {
    override get(): undefined {
      compaction ??= compact();
      return undefined;
    }
  })();
  let compaction: Promise<void> | undefined;
  const rows = await db.entries("lport", { known });
  assert.deepEqual(rows.map(({ key }) => key), keys);
  await compaction;
});

test("counts unique keys where the original does", async (db) => {
  await put("/unique_key/lport", "41");
  assert.equal(await db.allocateUniqueKey("lport"), 42);
  assert.equal(await db.allocateUniqueKey("lswitch"), 1);
  assert.deepEqual(await stored("/"), [
    ...["/unique_key/lport", "42"],
    ...["/unique_key/lswitch", "1"],
  ]);
  await put("/unique_key/lport", "many");
  await assert.rejects(db.allocateUniqueKey("lport"), { message: /counter is not a number/ });
});

/** Writes a row and compacts everything before it. */
async function compact(): Promise<void> {
  await put("/lport/p0000", "p0000");
  const { output } = await server.ctl(["endpoint", "status", "--write-out", "json"]);
  const { revision } = JSON.parse(output)[0].Status.header;
  const { isOk, output: answer } = await server.ctl(["compaction", String(revision)]);
  assert(isOk, answer);
}

endAfterTests(server);

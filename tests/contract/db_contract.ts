import assert from "node:assert/strict";
import type { NbDbDriver } from "../../drivers/contract/db.ts";
import { DbKeyNotFound, DriverError } from "../../drivers/contract/errors.ts";
import { withoutLeaks } from "../support/handles.ts";
import { registerClosing } from "./db_contract_closing.ts";
import { registerCounters } from "./db_contract_counters.ts";
import { registerConcurrency, registerTexts } from "./db_contract_limits.ts";
import { registerWatch } from "./db_contract_watch.ts";

/** An empty database for one test. Disposing removes it. */
export interface DbFixture extends AsyncDisposable {
  readonly db: NbDbDriver;
  /** Opens another client, as another process would. The fixture disposes the client. */
  another(): Promise<NbDbDriver>;
}

/** Registers a test of one guarantee, on a fresh database, which must leave nothing open. */
export type RegisterTest = (
  rule: string,
  test: (db: NbDbDriver, fixture: DbFixture) => Promise<void>,
) => void;

/** The contract suite: registers a test for every guarantee of {@linkcode NbDbDriver}. */
export function dbContract(name: string, open: () => Promise<DbFixture>): void {
  const it: RegisterTest = (rule, test) => {
    Deno.test(`${name} ${rule}`, () =>
      withoutLeaks(async () => {
        await using fixture = await open();
        await test(fixture.db, fixture);
      }));
  };
  registerRows(it);
  registerTopics(it);
  registerListings(it);
  registerCompareAndDelete(it);
  registerTableVersion(it);
  registerCounters(it);
  registerWatch(it);
  registerTexts(it);
  registerConcurrency(it);
  registerClosing(it);
}

const absent = { name: "DbKeyNotFound", code: "DB_KEY_NOT_FOUND" };

function registerRows(it: RegisterTest): void {
  it("get returns the value, when the row was created", async (db) => {
    await db.create("lport", "p1", '{"id":"p1"}');
    assert.equal(await db.get("lport", "p1"), '{"id":"p1"}');
  });

  it("get, set and delete reject with DbKeyNotFound, when the row does not exist", async (db) => {
    await db.create("lport", "p1", "1");
    await db.create("lswitch", "p2", "2");
    await assert.rejects(db.get("lport", "p2"), absent);
    await assert.rejects(db.set("lport", "p2", "3"), absent);
    await assert.rejects(db.delete("lport", "p2"), absent);
    await assert.rejects(db.get("lport", "p2"), absent, "a failed set wrote the row");
  });

  it("DbKeyNotFound names table and key", async (db) => {
    const thrown = await db.get("lport", "p9").catch((error) => error);
    assert.ok(thrown instanceof DbKeyNotFound && thrown instanceof DriverError);
    assert.match(thrown.message, /"lport".*"p9"/);
  });

  it("create replaces the row, when the key exists", async (db) => {
    await db.create("lport", "p1", "old");
    await db.create("lport", "p1", "new");
    assert.equal(await db.get("lport", "p1"), "new");
    assert.deepEqual(await db.keys("lport"), ["p1"]);
  });

  it("set replaces the value, when the row exists", async (db) => {
    await db.create("lport", "p1", "old");
    await db.set("lport", "p1", "new");
    await db.set("lport", "p1", "new");
    assert.equal(await db.get("lport", "p1"), "new");
  });

  it("delete removes the row and no other", async (db) => {
    await db.create("lport", "p1", "1");
    await db.create("lport", "p2", "2");
    await db.create("lswitch", "p1", "3");
    await db.delete("lport", "p1");
    await assert.rejects(db.get("lport", "p1"), absent);
    assert.equal(await db.get("lport", "p2"), "2");
    assert.equal(await db.get("lswitch", "p1"), "3");
    await db.create("lport", "p1", "again");
    assert.equal(await db.get("lport", "p1"), "again");
  });

  it("rows are visible, when another client reads them", async (db, fixture) => {
    await db.create("lport", "p1", "1", { topic: "t1" });
    const other = await fixture.another();
    assert.deepEqual(await other.entries("lport"), [{ key: "p1", value: "1", topic: "t1" }]);
    await other.set("lport", "p1", "2");
    assert.equal(await db.get("lport", "p1"), "2");
    await other.delete("lport", "p1");
    await assert.rejects(db.get("lport", "p1"), absent);
  });
}

function registerTopics(it: RegisterTest): void {
  it("get, set and delete match the row, when topic is its own or omitted", async (db) => {
    await db.create("lport", "p1", "1", { topic: "t1" });
    assert.equal(await db.get("lport", "p1"), "1");
    assert.equal(await db.get("lport", "p1", { topic: "t1" }), "1");
    assert.equal(await db.get("lport", "p1", { topic: undefined }), "1");
    await db.set("lport", "p1", "2", { topic: "t1" });
    await db.set("lport", "p1", "3");
    assert.deepEqual(await db.entries("lport"), [{ key: "p1", value: "3", topic: "t1" }]);
    await db.delete("lport", "p1", { topic: "t1" });
    assert.deepEqual(await db.keys("lport"), []);
  });

  it("get, set and delete reject with DbKeyNotFound, when the row has another topic or none", async (db) => {
    await db.create("lport", "p1", "1", { topic: "t1" });
    await db.create("lport", "p2", "2");
    for (const key of ["p1", "p2"]) {
      await assert.rejects(db.get("lport", key, { topic: "t2" }), absent);
      await assert.rejects(db.set("lport", key, "3", { topic: "t2" }), absent);
      await assert.rejects(db.delete("lport", key, { topic: "t2" }), absent);
    }
    assert.equal((await db.entries("lport")).length, 2);
  });

  it("create moves the row, when it had another topic", async (db) => {
    await db.create("lport", "p1", "1", { topic: "t1" });
    await db.create("lport", "p1", "2", { topic: "t2" });
    assert.deepEqual(await db.entries("lport"), [{ key: "p1", value: "2", topic: "t2" }]);
    assert.deepEqual(await db.keys("lport", { topic: "t1" }), []);
    await assert.rejects(db.get("lport", "p1", { topic: "t1" }), absent);
    await db.create("lport", "p1", "3");
    assert.deepEqual(await db.entries("lport"), [{ key: "p1", value: "3", topic: null }]);
    assert.deepEqual(await db.keys("lport", { topic: "t2" }), []);
  });
}

function registerListings(it: RegisterTest): void {
  it("keys and entries are empty, when no row was ever written to the table", async (db) => {
    assert.deepEqual(await db.keys("nothing"), []);
    assert.deepEqual(await db.entries("nothing", { topic: "t1" }), []);
  });

  it("keys and entries return one table, sorted by key", async (db) => {
    for (const key of ["b", "a10", "a", "C", "a2"]) await db.create("lport", key, `<${key}>`);
    await db.create("lport2", "z", "z");
    const sorted = ["C", "a", "a10", "a2", "b"];
    assert.deepEqual(await db.keys("lport"), sorted);
    const rows = sorted.map((key) => ({ key, value: `<${key}>`, topic: null }));
    assert.deepEqual(await db.entries("lport"), rows);
  });

  it("keys and entries return the rows of one topic, when topic is given", async (db) => {
    await db.create("lport", "p3", "3", { topic: "t1" });
    await db.create("lport", "p1", "1", { topic: "t1" });
    await db.create("lport", "p2", "2", { topic: "t11" });
    await db.create("lport", "p4", "4");
    assert.deepEqual(await db.keys("lport", { topic: "t1" }), ["p1", "p3"]);
    assert.deepEqual(await db.entries("lport", { topic: "t11" }), [
      { key: "p2", value: "2", topic: "t11" },
    ]);
    assert.deepEqual(await db.keys("lport", { topic: undefined }), ["p1", "p2", "p3", "p4"]);
  });
}

function registerCompareAndDelete(it: RegisterTest): void {
  it("compareAndDelete removes the row, when the value is the expected one", async (db) => {
    await db.create("publisher", "a", "seen");
    assert.equal(await db.compareAndDelete("publisher", "a", "seen"), true);
    assert.deepEqual(await db.keys("publisher"), []);
  });

  it("compareAndDelete keeps the row and returns false, when the value or topic differs", async (db) => {
    await db.create("publisher", "a", "now", { topic: "t1" });
    assert.equal(await db.compareAndDelete("publisher", "a", "then"), false);
    assert.equal(await db.compareAndDelete("publisher", "a", "now", { topic: "t2" }), false);
    assert.equal(await db.compareAndDelete("publisher", "b", "now"), false);
    assert.equal(await db.get("publisher", "a"), "now");
    assert.equal(await db.compareAndDelete("publisher", "a", "now", { topic: "t1" }), true);
    assert.equal(await db.compareAndDelete("publisher", "a", "now"), false, "deleted");
  });
}

function registerTableVersion(it: RegisterTest): void {
  it(
    "tableVersion changes with every kind of write by any client, or is null",
    async (db, fixture) => {
      const other = await fixture.another();
      const seen = [await db.tableVersion("lport")];
      if (seen[0] === null) return;
      const writes = [
        () => db.create("lport", "p1", "1"),
        () => other.set("lport", "p1", "2"),
        () => db.create("lport", "p1", "2", { topic: "t1" }),
        () => other.delete("lport", "p1"),
        () => db.create("lport", "p1", "1"),
        () => other.compareAndDelete("lport", "p1", "1"),
      ];
      for (const write of writes) {
        await write();
        seen.push(await db.tableVersion("lport"));
      }
      assert.equal(new Set(seen).size, writes.length + 1, seen.join(" "));
    },
  );

  it("tableVersion is unchanged, when only other tables changed", async (db) => {
    await db.create("lport", "p1", "1");
    const before = await db.tableVersion("lport");
    await db.create("lswitch", "s1", "1");
    await db.get("lport", "p1");
    assert.equal(await db.compareAndDelete("lport", "p1", "not so"), false);
    assert.equal(await db.tableVersion("lport"), before);
  });
}

import assert from "node:assert/strict";
import type { RegisterTest } from "./db_contract.ts";

/** Texts that have a special meaning for some engine, file format or pattern language. */
const ODD_TEXTS = [
  "",
  " ",
  "\0",
  "a\0b",
  "\x01",
  "\x01\x02",
  "a\0\x01\0",
  "'",
  '"; DROP TABLE northbound; --',
  "%",
  "_",
  "*",
  "?",
  "[a-z]",
  "{t.x}",
  ".",
  "..",
  "a/b\\c",
  "\n",
  "\r\n",
  "true",
  "1",
  "1.0",
  "null",
  "__proto__",
  "constructor",
  "\ufeffmark",
  "é",
  "e\u0301",
  "ÿ",
  "שלום",
  "端口",
  "\uffff",
  "😀",
];

const MEBIBYTE = 1024 * 1024;

/** The range of table names, keys and values. */
export function registerTexts(it: RegisterTest): void {
  it("keys and values are returned unchanged, for every well-formed text", async (db) => {
    for (const text of ODD_TEXTS) await db.create("lport", text, `<${text}>`);
    for (const text of ODD_TEXTS) assert.equal(await db.get("lport", text), `<${text}>`);
    for (const text of ODD_TEXTS) await db.set("lport", text, text);
    const rows = await db.entries("lport");
    assert.equal(rows.length, ODD_TEXTS.length);
    for (const row of rows) assert.equal(row.value, row.key);
    for (const text of ODD_TEXTS) {
      assert.equal(await db.compareAndDelete("lport", text, `${text}!`), false);
      assert.equal(await db.compareAndDelete("lport", text, text), true);
    }
    assert.deepEqual(await db.keys("lport"), []);
  });

  it("tables and topics are distinct, for every pair of well-formed texts", async (db) => {
    const names = ODD_TEXTS.filter((text) => text !== "");
    for (const name of names) await db.create(name, "k", name, { topic: name });
    for (const name of names) {
      assert.deepEqual(await db.entries(name), [{ key: "k", value: name, topic: name }]);
      assert.deepEqual(await db.keys(name, { topic: name }), ["k"]);
      assert.deepEqual(await db.keys(name, { topic: `${name}x` }), []);
      await db.delete(name, "k", { topic: name });
    }
  });

  it("keys are sorted by code point, when they are outside the basic plane", async (db) => {
    const sorted = [
      "",
      "\0",
      "\0a",
      "\x01",
      "\x01\x01",
      "\x02",
      "a",
      "a\0",
      "a!",
      "é",
      "端",
      "\uffff",
      "😀",
      "😀a",
      "😁",
    ];
    for (const key of sorted.toReversed()) await db.create("lport", key, "1");
    assert.deepEqual(await db.keys("lport"), sorted);
    assert.deepEqual((await db.entries("lport")).map((row) => row.key), sorted);
  });

  it("methods reject with TypeError, when a text is missing or not a string", async (db) => {
    // As a program without types passes it.
    for (const wrong of [undefined, null, 1, { id: "p1" }] as unknown as string[]) {
      await assert.rejects(db.create("lport", wrong, "1"), TypeError);
      await assert.rejects(db.create("lport", "p1", wrong), TypeError);
      await assert.rejects(db.create(wrong, "p1", "1"), TypeError);
      await assert.rejects(db.get("lport", wrong), TypeError);
      await assert.rejects(db.entries(wrong), TypeError);
    }
    assert.deepEqual(await db.keys("lport"), []);
  });

  it("methods reject with TypeError, when a text has a lone surrogate", async (db) => {
    const bad = "a\ud800";
    await assert.rejects(db.create("lport", bad, "1"), TypeError);
    await assert.rejects(db.create("lport", "p1", bad), TypeError);
    await assert.rejects(db.create(bad, "p1", "1"), TypeError);
    await assert.rejects(db.create("lport", "p1", "1", { topic: bad }), TypeError);
    await assert.rejects(db.get("lport", bad), TypeError);
    assert.deepEqual(await db.keys("lport"), []);
  });

  it("values of 5 MiB are returned unchanged", async (db) => {
    const value = "0123456789abcdeé".repeat(5 * MEBIBYTE / 17);
    await db.create("lport", "big", value);
    assert.equal(await db.get("lport", "big") === value, true);
    assert.equal((await db.entries("lport"))[0]?.value === value, true);
    assert.equal(await db.compareAndDelete("lport", "big", value), true);
  });

  it("entries returns all rows, when there are 2,000", async (db) => {
    const keys = Array.from({ length: 2000 }, (_, n) => `p${String(n).padStart(5, "0")}`);
    await Promise.all(keys.map((key) => db.create("lport", key, key)));
    const rows = await db.entries("lport");
    assert.deepEqual(rows.map((row) => row.key), keys);
  });

  it("entries returns the current rows, when the caller already has some of them", async (db) => {
    for (const key of ["a", "b", "c", "d"]) await db.create("lport", key, "1", { topic: "t1" });
    const known = new Map((await db.entries("lport")).map((row) => [row.key, row]));
    await db.set("lport", "b", "2");
    await db.create("lport", "c", "1", { topic: "t2" });
    await db.delete("lport", "d");
    await db.create("lport", "e", "1");
    assert.deepEqual(await db.entries("lport", { known }), [
      { key: "a", value: "1", topic: "t1" },
      { key: "b", value: "2", topic: "t1" },
      { key: "c", value: "1", topic: "t2" },
      { key: "e", value: "1", topic: null },
    ]);
  });
}

/** Guarantees for several concurrent clients. */
export function registerConcurrency(it: RegisterTest): void {
  it("no write is lost, when two clients write concurrently", async (db, fixture) => {
    const clients = [db, await fixture.another()];
    const writes = clients.flatMap((client, which) =>
      Array.from({ length: 100 }, (_, n) => client.create("lport", `${which}-${n}`, "1"))
    );
    await Promise.all(writes);
    assert.equal((await db.keys("lport")).length, 200);
  });

  it("writes of one client take effect in the order of the calls, when none is awaited", async (db) => {
    const writes = Array.from({ length: 50 }, (_, n) => db.create("lport", "p1", String(n)));
    await Promise.all([...writes, db.set("lport", "p1", "last")]);
    assert.equal(await db.get("lport", "p1"), "last");
  });

  it("compareAndDelete is true for one client only, when several try", async (db, fixture) => {
    const clients = [db, await fixture.another(), await fixture.another()];
    for (let round = 0; round < 20; round++) {
      await db.create("publisher", "a", "stale");
      const tries = clients.map((client) => client.compareAndDelete("publisher", "a", "stale"));
      const won = (await Promise.all(tries)).filter(Boolean);
      assert.equal(won.length, 1);
    }
  });

  it(
    "compareAndDelete never removes a new value, when it races with a set",
    async (db, fixture) => {
      const other = await fixture.another();
      for (let round = 0; round < 20; round++) {
        await db.create("publisher", "a", "stale");
        const refreshed = db.set("publisher", "a", "fresh").then(() => true, () => false);
        const removed = other.compareAndDelete("publisher", "a", "stale");
        assert.notEqual(await refreshed, await removed, "exactly one of the two succeeds");
        assert.equal((await db.keys("publisher")).length, (await refreshed) ? 1 : 0);
      }
    },
  );
}

import assert from "node:assert/strict";
import type { RegisterTest } from "./db_contract.ts";

const closed = { name: "DriverError", code: "CLOSED" };

/** Guarantees about the end of a client. */
export function registerClosing(it: RegisterTest): void {
  it("dispose succeeds, when called twice or concurrently", async (db) => {
    await Promise.all([db[Symbol.asyncDispose](), db[Symbol.asyncDispose]()]);
    await db[Symbol.asyncDispose]();
  });

  it("every method rejects with CLOSED, when the database was disposed", async (db) => {
    await db.create("lport", "p1", "1");
    await db[Symbol.asyncDispose]();
    await assert.rejects(db.get("lport", "p1"), closed);
    await assert.rejects(db.create("lport", "p1", "2"), closed);
    await assert.rejects(db.set("lport", "p1", "2"), closed);
    await assert.rejects(db.delete("lport", "p1"), closed);
    await assert.rejects(db.keys("lport"), closed);
    await assert.rejects(db.entries("lport"), closed);
    await assert.rejects(db.compareAndDelete("lport", "p1", "1"), closed);
    await assert.rejects(db.tableVersion("lport"), closed);
    await assert.rejects(db.allocateUniqueKey("lport"), closed);
  });

  it("rows remain, when the client that wrote them was disposed", async (db, fixture) => {
    const other = await fixture.another();
    await other.create("lport", "p1", "1");
    await other[Symbol.asyncDispose]();
    assert.equal(await db.get("lport", "p1"), "1");
  });

  it("a requested write takes effect, when the client is disposed at once", async (db, fixture) => {
    const other = await fixture.another();
    const writing = other.create("lport", "p1", "1");
    await other[Symbol.asyncDispose]();
    await writing;
    assert.equal(await db.get("lport", "p1"), "1");
  });
}

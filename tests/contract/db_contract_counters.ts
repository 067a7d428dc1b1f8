import assert from "node:assert/strict";
import type { RegisterTest } from "./db_contract.ts";

/** Guarantees about unique keys. */
export function registerCounters(it: RegisterTest): void {
  it("allocateUniqueKey counts from 1, for each table", async (db, fixture) => {
    assert.equal(await db.allocateUniqueKey("lport"), 1);
    const other = await fixture.another();
    assert.equal(await other.allocateUniqueKey("lport"), 2);
    assert.equal(await other.allocateUniqueKey("lswitch"), 1);
    assert.equal(await db.allocateUniqueKey("lport"), 3);
    assert.deepEqual(await db.keys("lport"), []);
  });

  it("allocateUniqueKey gives no number twice, when several clients count", async (db, fixture) => {
    const clients = [db, await fixture.another(), await fixture.another()];
    const numbers = await Promise.all(
      Array.from({ length: 30 }, (_, n) => clients[n % 3]?.allocateUniqueKey("lport")),
    );
    const sorted = numbers.map(Number).toSorted((a, b) => a - b);
    assert.deepEqual(sorted, Array.from({ length: 30 }, (_, n) => n + 1));
  });

  it("allocateUniqueKey returns a different number for every call, when one client makes many at once", async (db) => {
    const calls = Array.from({ length: 300 }, () => db.allocateUniqueKey("lport"));
    const numbers = await Promise.all(calls);
    assert.equal(new Set(numbers).size, 300);
  });
}

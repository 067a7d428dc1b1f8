import assert from "node:assert/strict";
import { createMemoryDb, openMemoryDb } from "../../../drivers/db/memory.ts";
import { dbContract } from "../../contract/db_contract.ts";

dbContract("memory database", async () => {
  const open = createMemoryDb();
  const db = await open();
  return { db, another: () => open(), [Symbol.asyncDispose]: () => db[Symbol.asyncDispose]() };
});

Deno.test("openMemoryDb shares nothing, when opened twice", async () => {
  await using one = await openMemoryDb();
  await using two = await openMemoryDb();
  await one.create("lport", "p1", "1");
  assert.deepEqual(await two.keys("lport"), []);
});

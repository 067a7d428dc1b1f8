import assert from "node:assert/strict";
import { inNextTurn } from "../../../drivers/contract/next_turn.ts";
import { openSqliteAt } from "../../support/sqlite_db.ts";
import { type TempDir, tempDir } from "../../support/temp_dir.ts";
import { advanceOnEachReading, countTurns } from "../../support/turn_counter.ts";
import type { NbDbDriver } from "../../../drivers/contract/db.ts";

const ROWS = 1_000;

const open = (directory: TempDir) => openSqliteAt(directory.join("nb.sqlite3"));

async function fill(db: NbDbDriver): Promise<void> {
  const keys = ["", "a", "a\0", "a\x01", ...Array.from({ length: ROWS - 4 }, (_, at) => `p${at}`)];
  await Promise.all(
    keys.map((key, at) => db.create("lport", key, "1", { topic: at % 2 === 0 ? "t1" : "t2" })),
  );
}

Deno.test("sqlite database entries yields every few rows, when the table is large", async () => {
  await using directory = await tempDir();
  await using db = await open(directory);
  await fill(db);
  using _clock = advanceOnEachReading();
  const turns = await countTurns(() => db.entries("lport"));
  assert.ok(turns > ROWS / 20, `${turns} turns`);
});

Deno.test("sqlite database entries returns every row once in order, when the table has many pages", async () => {
  await using directory = await tempDir();
  await using db = await open(directory);
  await fill(db);
  for (const topic of [undefined, "t1", "t2", "none"]) {
    const keys = (await db.entries("lport", { topic })).map(({ key }) => key);
    assert.deepEqual(keys, await db.keys("lport", { topic }));
  }
});

Deno.test("sqlite database entries is one snapshot, when rows are written between its pages", async () => {
  await using directory = await tempDir();
  await using db = await open(directory);
  await using another = await open(directory);
  await fill(db);
  const writes: Promise<void>[] = [];
  let isReading = true;
  inNextTurn(function write() {
    const key = `z${writes.length}`;
    writes.push(db.create("lport", key, "2"), another.set("lport", "p995", "2"));
    if (isReading && writes.length < 20) inNextTurn(write);
  });
  using _clock = advanceOnEachReading();
  const rows = await db.entries("lport");
  isReading = false;
  assert.ok(writes.length > 2, `${writes.length} writes`);
  await Promise.all(writes);
  // The snapshot begins before the first turn. "p995" is read many turns later.
  const values = new Set(rows.map(({ value }) => value));
  assert.equal(rows.length, ROWS);
  assert.deepEqual([...values], ["1"]);
  assert.equal((await db.entries("lport")).length, ROWS + writes.length / 2);
});

Deno.test("sqlite database entries returns the caller's object, when its row is unchanged", async () => {
  await using directory = await tempDir();
  await using db = await open(directory);
  await fill(db);
  const before = await db.entries("lport");
  const known = new Map(before.map((row) => [row.key, row]));
  await db.set("lport", "p1", "2");
  await db.create("lport", "p2", "1", { topic: "t3" });
  const after = await db.entries("lport", { known });
  const changed = after.filter((row) => known.get(row.key) !== row);
  assert.deepEqual(changed, [
    { key: "p1", value: "2", topic: "t2" },
    { key: "p2", value: "1", topic: "t3" },
  ]);
});

Deno.test("sqlite database entries rejects with CLOSED, when it is disposed during a long read", async () => {
  await using directory = await tempDir();
  const db = await open(directory);
  await fill(db);
  using _clock = advanceOnEachReading();
  const disposed = Promise.withResolvers<void>();
  const reading = assert.rejects(db.entries("lport"), { code: "CLOSED" });
  inNextTurn(() => void db[Symbol.asyncDispose]().then(disposed.resolve, disposed.reject));
  await reading;
  await disposed.promise;
  const files = Array.from(Deno.readDirSync(directory.path), ({ name }) => name);
  assert.deepEqual(files, ["nb.sqlite3"], "the last connection was closed");
});

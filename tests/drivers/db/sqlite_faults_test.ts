import assert from "node:assert/strict";
import { DatabaseSync } from "node:sqlite";
import { openSqliteAt } from "../../support/sqlite_db.ts";
import { tempDir } from "../../support/temp_dir.ts";

/** Asserts a refused opening: one line with the path and the reason. */
function unavailable(path: string, reason: RegExp): (thrown: unknown) => boolean {
  return (thrown) => {
    assert.ok(thrown instanceof Error);
    assert.equal(thrown.name, "DbUnavailable");
    assert.ok(thrown.message.startsWith(`Database "${path}"`), thrown.message);
    assert.match(thrown.message.slice(path.length), reason);
    return true;
  };
}

Deno.test("openSqliteDb rejects with DbUnavailable, when the path is a directory", async () => {
  await using directory = await tempDir();
  const refusal = unavailable(directory.path, /is a directory, wanted a file/);
  await assert.rejects(openSqliteAt(directory.path), refusal);
});

Deno.test("openSqliteDb rejects with DbUnavailable, when a parent is a file", async () => {
  await using directory = await tempDir();
  await Deno.writeTextFile(directory.join("file"), "");
  const path = directory.join("file", "nb.sqlite3");
  await assert.rejects(openSqliteAt(path), unavailable(path, /not a directory/i));
});

Deno.test("openSqliteDb rejects with DbUnavailable, when the directory allows no new files", async () => {
  // Not even root may create files there.
  const path = "/sys/kernel/nb.sqlite3";
  await assert.rejects(openSqliteAt(path), unavailable(path, /permission denied/i));
});

Deno.test("openSqliteDb rejects with DbUnavailable and changes nothing, when the file is not a database", async () => {
  await using directory = await tempDir();
  const path = directory.join("nb.sqlite3");
  const text = "publisher_port = 8866\n".repeat(100);
  await Deno.writeTextFile(path, text);
  await assert.rejects(openSqliteAt(path), unavailable(path, /file is not a database/));
  assert.equal(await Deno.readTextFile(path), text);
});

Deno.test("openSqliteDb rejects with DbUnavailable and changes nothing, when another program owns the database", async () => {
  await using directory = await tempDir();
  const path = directory.join("nb.sqlite3");
  execute(path, "CREATE TABLE cookies (name TEXT)");
  const before = await Deno.readFile(path);
  await assert.rejects(openSqliteAt(path), unavailable(path, /belongs to another program/));
  assert.deepEqual(await Deno.readFile(path), before);
});

Deno.test("openSqliteDb rejects with DbUnavailable, when the schema is newer", async () => {
  await using directory = await tempDir();
  const path = directory.join("nb.sqlite3");
  await (await openSqliteAt(path))[Symbol.asyncDispose]();
  execute(path, "PRAGMA user_version = 2");
  await assert.rejects(openSqliteAt(path), unavailable(path, /has schema version 2, wanted 1$/));
});

Deno.test("sqlite database rejects each time and then recovers, when the file is corrupt for a while", async () => {
  await using directory = await tempDir();
  const path = directory.join("nb.sqlite3");
  await using db = await openSqliteAt(path);
  await db.create("lport", "p1", "1");
  await Deno.writeTextFile(directory.join("junk"), "junk ".repeat(1000));
  await Deno.rename(path, directory.join("good"));
  await Deno.rename(`${path}-wal`, directory.join("good-wal"));
  await Deno.rename(directory.join("junk"), path);
  for (let round = 0; round < 3; round++) {
    await assert.rejects(db.get("lport", "p1"), unavailable(path, /not a database/));
    await assert.rejects(db.create("lport", "p1", "2"), unavailable(path, /not a database/));
  }
  await Deno.rename(directory.join("good-wal"), `${path}-wal`);
  await Deno.rename(directory.join("good"), path);
  assert.equal(await db.get("lport", "p1"), "1");
  await db.set("lport", "p1", "2");
});

Deno.test("sqlite database rejects and then recovers, when pages inside the file are overwritten", async () => {
  await using directory = await tempDir();
  const path = directory.join("nb.sqlite3");
  {
    await using filled = await openSqliteAt(path);
    for (let n = 0; n < 300; n++) await filled.create("lport", `p${n}`, "x".repeat(1000));
  }
  const good = await Deno.readFile(path);
  await Deno.writeFile(path, good.map((byte, at) => at < 4096 ? byte : 0xa5));
  await using db = await openSqliteAt(path);
  for (let round = 0; round < 3; round++) {
    await assert.rejects(
      db.entries("lport"),
      unavailable(path, /disk image is malformed: .*restore a backup/),
    );
  }
  await Deno.writeFile(path, good);
  assert.equal((await db.entries("lport")).length, 300);
});

function execute(path: string, sql: string): void {
  const database = new DatabaseSync(path);
  try {
    database.exec(sql);
  } finally {
    database.close();
  }
}

Deno.test("sqlite database uses a new file at once, when it is still empty", async () => {
  await using directory = await tempDir();
  const path = directory.join("nb.sqlite3");
  await using db = await openSqliteAt(path);
  await db.create("lport", "p1", "1");
  await Deno.remove(path);
  await Deno.writeFile(path, new Uint8Array());
  await db.create("lport", "p2", "2");
  assert.deepEqual(await db.keys("lport"), ["p2"]);
});

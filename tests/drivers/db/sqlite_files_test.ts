import assert from "node:assert/strict";
import { DatabaseSync } from "node:sqlite";
import { filesAt, removeEmptied } from "../../../drivers/_internal/sqlite/file.ts";
import { keepWarnings, openSqliteAt } from "../../support/sqlite_db.ts";
import { startSqliteProcess } from "../../support/sqlite_process.ts";
import { tempDir } from "../../support/temp_dir.ts";

/** Empties a file, and dates this back by a minute. */
async function emptyLongAgo(path: string): Promise<void> {
  await Deno.truncate(path);
  const then = new Date(Date.now() - 60_000);
  await Deno.utime(path, then, then);
}

const modeOf = (path: string) => ((Deno.statSync(path).mode ?? 0) & 0o777).toString(8);

for (const umask of ["000", "077"]) {
  Deno.test(`openSqliteDb creates the directory as 0750 and files as 0640, when the umask is ${umask}`, async () => {
    await using directory = await tempDir();
    const path = directory.join("state", "nb.sqlite3");
    await using child = startSqliteProcess([path, "masked", umask]);
    assert.equal(await child.line(), "created");
    assert.equal(modeOf(directory.join("state")), "750");
    const modes = [path, `${path}-wal`, `${path}-shm`].map(modeOf);
    assert.deepEqual(modes, ["640", "640", "640"]);
    assert.equal(await child.finish(), 0);
  });
}

Deno.test("openSqliteDb keeps the modes of file and directory, when they exist", async () => {
  await using directory = await tempDir();
  const path = directory.join("nb.sqlite3");
  await Deno.writeFile(path, new Uint8Array(), { mode: 0o600 });
  await Deno.chmod(directory.path, 0o711);
  await using db = await openSqliteAt(path);
  await db.create("lport", "p1", "1");
  assert.equal(modeOf(path), "600");
  assert.equal(modeOf(directory.path), "711");
});

Deno.test("sqlite database continues with an empty file and warns once, when its file is deleted", async () => {
  await using directory = await tempDir();
  const path = directory.join("nb.sqlite3");
  const log = keepWarnings();
  await using db = await openSqliteAt(path, { log });
  await db.create("lport", "p1", "1");
  const version = await db.tableVersion("lport");
  await Deno.remove(path);
  assert.deepEqual(await db.entries("lport"), []);
  await db.create("lport", "p2", "2");
  assert.notEqual(await db.tableVersion("lport"), version, "one write each, but different rows");
  assert.deepEqual(await db.keys("lport"), ["p2"]);
  assert.deepEqual(log.warnings, [
    "The database file was deleted, emptied or replaced: its former rows are gone",
  ]);
});

Deno.test("sqlite database is created again, when its whole directory is deleted", async () => {
  await using directory = await tempDir();
  await using db = await openSqliteAt(directory.join("state", "nb.sqlite3"));
  await db.create("lport", "p1", "1");
  await Deno.remove(directory.join("state"), { recursive: true });
  await db.create("lport", "p2", "2");
  assert.deepEqual(await db.keys("lport"), ["p2"]);
});

Deno.test("sqlite clients use the same new file, when the file was deleted and its -wal and -shm remained", async () => {
  await using directory = await tempDir();
  const path = directory.join("nb.sqlite3");
  await using one = await openSqliteAt(path);
  await using two = await openSqliteAt(path);
  for (let n = 0; n < 200; n++) await one.create("lport", `old${n}`, "x".repeat(1000));
  assert.equal((await two.keys("lport")).length, 200);
  await Deno.remove(path);
  await two.create("lport", "new2", "2");
  await one.create("lport", "new1", "1");
  assert.deepEqual(await one.keys("lport"), ["new1", "new2"]);
  assert.deepEqual(await two.keys("lport"), ["new1", "new2"]);
  await using three = await openSqliteAt(path);
  assert.deepEqual(await three.keys("lport"), ["new1", "new2"]);
});

Deno.test("sqlite clients use the same new file and warn once, when the file was emptied", async () => {
  await using directory = await tempDir();
  const path = directory.join("nb.sqlite3");
  const log = keepWarnings();
  await using one = await openSqliteAt(path, { log });
  await using two = await openSqliteAt(path, { log });
  for (let n = 0; n < 200; n++) await one.create("lport", `old${n}`, "x".repeat(1000));
  assert.equal((await two.keys("lport")).length, 200);
  await emptyLongAgo(path);
  await two.create("lport", "new2", "2");
  await one.create("lport", "new1", "1");
  for (const db of [one, two, await openSqliteAt(path)]) {
    await using _db = db;
    assert.deepEqual(await db.keys("lport"), ["new1", "new2"]);
  }
  const warning = "The database file was deleted, emptied or replaced: its former rows are gone";
  assert.deepEqual(log.warnings, [warning, warning]);
});

Deno.test("sqlite database is unavailable and keeps the file, when that was emptied a moment ago", async () => {
  await using directory = await tempDir();
  const path = directory.join("nb.sqlite3");
  await using db = await openSqliteAt(path);
  await db.create("lport", "p1", "1");
  const { ino } = await Deno.stat(path);
  await Deno.truncate(path);
  await assert.rejects(db.create("lport", "p2", "2"), {
    name: "DbUnavailable",
    message: `Database "${path}" was emptied: it is created again if it has no content after 10 s`,
  });
  assert.equal((await Deno.stat(path)).ino, ino);
});

Deno.test("sqlite database removes no file that was emptied, when it may not create one", async () => {
  await using directory = await tempDir();
  const path = directory.join("nb.sqlite3");
  await using writer = await openSqliteAt(path);
  await writer.create("lport", "p1", "1");
  await using reader = await openSqliteAt(path, { create: false });
  assert.deepEqual(await reader.keys("lport"), ["p1"]);
  await emptyLongAgo(path);
  await reader.keys("lport").catch(() => {});
  assert.equal((await Deno.stat(path)).size, 0);
  await writer.create("lport", "p2", "2");
  assert.deepEqual(await reader.keys("lport"), ["p2"]);
});

Deno.test("removeEmptied keeps a file that is not empty any longer, or was replaced", async () => {
  await using directory = await tempDir();
  const path = directory.join("nb.sqlite3");
  await Deno.writeTextFile(path, "");
  const emptied = filesAt(path);
  removeEmptied(path, { ...emptied, main: "another file" });
  assert.deepEqual(filesAt(path), emptied);
  await Deno.writeTextFile(path, "restored");
  removeEmptied(path, emptied);
  assert.equal(await Deno.readTextFile(path), "restored");
});

Deno.test("openSqliteDb starts empty, when another process still holds the deleted file open", async () => {
  await using directory = await tempDir();
  const path = directory.join("nb.sqlite3");
  await using holder = startSqliteProcess([path, "masked", "022"]);
  assert.equal(await holder.line(), "created");
  await Deno.remove(path);
  await using db = await openSqliteAt(path);
  await db.create("lport", "new", "1");
  assert.deepEqual(await db.keys("lport"), ["new"]);
  assert.equal(await holder.finish(), 0);
  await using other = await openSqliteAt(path);
  assert.deepEqual(await other.keys("lport"), ["new"]);
  assert.deepEqual(await db.keys("lport"), ["new"]);
});

Deno.test("sqlite clients read the new file, when another file was moved over it", async () => {
  await using directory = await tempDir();
  const path = directory.join("nb.sqlite3");
  const log = keepWarnings();
  await using one = await openSqliteAt(path, { log });
  await using two = await openSqliteAt(path);
  for (let n = 0; n < 200; n++) await one.create("lport", `old${n}`, "x".repeat(1000));
  {
    await using restored = await openSqliteAt(directory.join("backup.sqlite3"));
    await restored.create("lport", "restored", "1");
  }
  await Deno.rename(directory.join("backup.sqlite3"), path);
  assert.deepEqual(await one.keys("lport"), ["restored"]);
  await two.create("lport", "two", "2");
  assert.deepEqual(await one.keys("lport"), ["restored", "two"]);
  assert.equal(log.warnings.length, 1);
});

Deno.test("sqlite database loses nothing and warns, when its -wal and -shm are deleted", async () => {
  await using directory = await tempDir();
  const path = directory.join("nb.sqlite3");
  const log = keepWarnings();
  await using db = await openSqliteAt(path, { log });
  await db.create("lport", "p1", "1");
  await Deno.remove(`${path}-wal`);
  await Deno.remove(`${path}-shm`);
  await db.create("lport", "p2", "2");
  await using other = await openSqliteAt(path);
  assert.deepEqual(await other.keys("lport"), ["p1", "p2"]);
  assert.deepEqual(log.warnings, ["The -wal file of the database is gone: reopening it"]);
});

Deno.test("openSqliteDb starts empty, when only the -wal of a killed writer remains", async () => {
  await using directory = await tempDir();
  const path = directory.join("nb.sqlite3");
  await using writer = startSqliteProcess([path, "write", "old", "1000000"]);
  assert.equal(await writer.line(), "100");
  await writer.kill("SIGKILL");
  await Deno.remove(path);
  assert.ok(Deno.statSync(`${path}-wal`).size > 0, "the -wal should have remained");
  await using db = await openSqliteAt(path);
  await db.create("lport", "new", "1");
  assert.deepEqual(await db.keys("lport"), ["new"]);
});

Deno.test("sqlite database stores texts unchanged, so that other programs can read them", async () => {
  await using directory = await tempDir();
  const path = directory.join("nb.sqlite3");
  await using db = await openSqliteAt(path);
  await db.create("lport", "p1", '{"name":"é"}', { topic: "t1" });
  const raw = new DatabaseSync(path);
  const row = raw.prepare("SELECT table_name, key, value, topic FROM northbound").get();
  raw.close();
  assert.deepEqual({ ...row }, {
    table_name: "lport",
    key: "p1",
    value: '{"name":"é"}',
    topic: "t1",
  });
});

Deno.test("openSqliteDb creates nothing and reads rows written later, when create is off", async () => {
  await using directory = await tempDir();
  const path = directory.join("state", "nb.sqlite3");
  await using db = await openSqliteAt(path, { create: false });
  const absent = {
    name: "DbUnavailable",
    code: "DB_UNAVAILABLE",
    message: `No database at "${path}"`,
  };
  await assert.rejects(db.entries("lport"), absent);
  await assert.rejects(db.create("lport", "p1", "1"), absent);
  assert.deepEqual([...Deno.readDirSync(directory.path)], []);
  await using maker = await openSqliteAt(path);
  await maker.create("lport", "p1", "1");
  assert.equal(await db.get("lport", "p1"), "1");
  await Deno.remove(directory.join("state"), { recursive: true });
  await assert.rejects(db.entries("lport"), absent);
});

Deno.test("openSqliteDb leaves an empty file empty, when create is off", async () => {
  await using directory = await tempDir();
  const path = directory.join("nb.sqlite3");
  await Deno.writeFile(path, new Uint8Array());
  await using db = await openSqliteAt(path, { create: false });
  await assert.rejects(db.keys("lport"), { message: `The database at "${path}" is empty` });
  assert.deepEqual([...Deno.readDirSync(directory.path)].map(({ name }) => name), ["nb.sqlite3"]);
  assert.equal((await Deno.stat(path)).size, 0);
});

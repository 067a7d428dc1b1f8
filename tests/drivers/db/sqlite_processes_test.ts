import assert from "node:assert/strict";
import { DatabaseSync } from "node:sqlite";
import { openSqliteAt } from "../../support/sqlite_db.ts";
import { startSqliteProcess } from "../../support/sqlite_process.ts";
import { tempDir } from "../../support/temp_dir.ts";

function integrityOf(path: string): unknown {
  const database = new DatabaseSync(path);
  try {
    return database.prepare("PRAGMA integrity_check").get()?.["integrity_check"];
  } finally {
    database.close();
  }
}

Deno.test("openSqliteDb loses no write, when two processes create the file and write 500 rows each", async () => {
  await using directory = await tempDir();
  const path = directory.join("deep", "er", "nb.sqlite3");
  await using one = startSqliteProcess([path, "write", "a", "500"]);
  await using two = startSqliteProcess([path, "write", "b", "500"]);
  assert.deepEqual(await Promise.all([one.finish(), two.finish()]), [0, 0]);
  await using db = await openSqliteAt(path);
  const keys = await db.keys("lport");
  assert.equal(keys.length, 1000);
  assert.deepEqual([keys[0], keys[499], keys[999]], ["a000001", "a000500", "b000500"]);
  assert.match(await db.tableVersion("lport") ?? "", /\.1000$/);
});

Deno.test("openSqliteDb finds every row that was acknowledged, when its writer was killed", async () => {
  await using directory = await tempDir();
  const path = directory.join("nb.sqlite3");
  await using writer = startSqliteProcess([path, "write", "a", "1000000"]);
  assert.equal(await writer.line(), "100");
  assert.equal(await writer.line(), "200");
  await writer.kill("SIGKILL");
  await using db = await openSqliteAt(path);
  const keys = await db.keys("lport");
  assert.ok(keys.length >= 200, `${keys.length} rows`);
  keys.forEach((key, at) => assert.equal(key, `a${String(at + 1).padStart(6, "0")}`));
  await db.set("lport", "a000001", "still writable");
  assert.equal(integrityOf(path), "ok");
});

Deno.test("sqlite database waits for a lock and lets timers run, when another process holds it", async () => {
  await using directory = await tempDir();
  const path = directory.join("nb.sqlite3");
  await using db = await openSqliteAt(path, { busyTimeoutS: 60 });
  await db.create("lport", "p1", "1");
  await using holder = startSqliteProcess([path, "lock"]);
  assert.equal(await holder.line(), "locked");

  let settled = false;
  const writing = db.set("lport", "p1", "2").finally(() => settled = true);
  await ticks(60, 5);
  assert.equal(settled, false, "written in spite of the lock");
  assert.equal(await db.get("lport", "p1"), "1", "a reader does not wait");
  assert.equal(await holder.finish(), 0);
  await writing;
  assert.equal(await db.get("lport", "p1"), "2");
});

/**
 * Resolves after `count` ticks. Rejects when a tick was late because something blocked the event
 * loop.
 */
function ticks(count: number, everyMs: number): Promise<void> {
  return new Promise((resolve, reject) => {
    let last = performance.now();
    let longestMs = 0;
    const timer = setInterval(() => {
      longestMs = Math.max(longestMs, performance.now() - last);
      last = performance.now();
      if (--count > 0) return;
      clearInterval(timer);
      if (longestMs < 2000) resolve();
      else reject(new Error(`the event loop was blocked for ${longestMs} ms`));
    }, everyMs);
  });
}

Deno.test("sqlite database rejects with DbUnavailable, when another process holds a lock beyond the timeout", async () => {
  await using directory = await tempDir();
  const path = directory.join("nb.sqlite3");
  await using db = await openSqliteAt(path, { busyTimeoutS: 0.05 });
  await db.create("lport", "p1", "1");
  await using holder = startSqliteProcess([path, "lock"]);
  assert.equal(await holder.line(), "locked");
  await assert.rejects(db.set("lport", "p1", "2"), {
    name: "DbUnavailable",
    message: `Database "${path}": locked by another process for more than 0.05 s`,
  });
  assert.equal(await holder.finish(), 0);
  assert.equal(await db.get("lport", "p1"), "1");
  await db.set("lport", "p1", "3");
});

Deno.test("sqlite database rejects with DbUnavailable and keeps its rows, when the disk is full", async () => {
  await using directory = await tempDir();
  const path = directory.join("nb.sqlite3");
  // A file size limit of 400 blocks simulates a full disk: writes fail, and the process survives.
  await using filler = startSqliteProcess([path, "fill", "20000"], "trap '' XFSZ; ulimit -f 400;");
  const refusal = await filler.line();
  const kept = Number(await filler.line());
  assert.match(refusal ?? "", /^DbUnavailable: Database ".*nb\.sqlite3": (disk|database)/);
  assert.equal(await filler.finish(), 0);
  await using db = await openSqliteAt(path);
  assert.ok(kept >= 1);
  assert.equal((await db.keys("lport")).length, kept);
  assert.equal(integrityOf(path), "ok");
});

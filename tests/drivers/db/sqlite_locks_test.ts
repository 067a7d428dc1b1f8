import assert from "node:assert/strict";
import { DatabaseSync } from "node:sqlite";
import type { MonotonicClock } from "../../../drivers/contract/waiting.ts";
import { openSqliteAt } from "../../support/sqlite_db.ts";
import { type TempDir, tempDir } from "../../support/temp_dir.ts";

/** A clock that skips every pause and reports it. */
function jumpingClock(onPause: (ms: number) => void): MonotonicClock {
  let nowMs = 0;
  return {
    monotonic: () => nowMs,
    sleep: (ms, signal) => {
      if (signal?.aborted) return Promise.reject(signal.reason);
      nowMs += ms;
      onPause(ms);
      return Promise.resolve();
    },
  };
}

/** Holds the write lock of a database, as a slow writer would. */
function lockDatabase(directory: TempDir): { release(): void } & Disposable {
  const database = new DatabaseSync(directory.join("nb.sqlite3"));
  database.exec("BEGIN IMMEDIATE");
  return {
    release: () => database.exec("COMMIT"),
    [Symbol.dispose]: () => database.close(),
  };
}

const unavailable = { name: "DbUnavailable", code: "DB_UNAVAILABLE" };

Deno.test("sqlite database doubles its pauses up to 25 ms, when the file stays locked", async () => {
  await using directory = await tempDir();
  const pauses: number[] = [];
  const clock = jumpingClock((ms) => pauses.push(ms));
  await using db = await openSqliteAt(directory.join("nb.sqlite3"), { clock, busyTimeoutS: 0.1 });
  using _lock = lockDatabase(directory);
  await assert.rejects(db.create("lport", "p1", "1"), unavailable);
  assert.deepEqual(pauses, [1, 2, 4, 8, 16, 25, 25, 19]);
});

Deno.test("sqlite database writes once, when the lock is released during a pause", async () => {
  await using directory = await tempDir();
  let pauses = 0;
  const clock = jumpingClock(() => ++pauses === 3 && lock.release());
  await using db = await openSqliteAt(directory.join("nb.sqlite3"), { clock });
  const before = await db.tableVersion("lport");
  using lock = lockDatabase(directory);
  await db.create("lport", "p1", "1");
  assert.equal(pauses, 3);
  assert.match(before ?? "", /\.0$/);
  assert.match(await db.tableVersion("lport") ?? "", /\.1$/);
});

Deno.test("sqlite database measures the timeout from the call, when many writes queue", async () => {
  await using directory = await tempDir();
  let waitedMs = 0;
  const clock = jumpingClock((ms) => waitedMs += ms);
  await using db = await openSqliteAt(directory.join("nb.sqlite3"), { clock, busyTimeoutS: 1 });
  using _lock = lockDatabase(directory);
  const writes = Array.from({ length: 50 }, (_, n) => db.create("lport", `p${n}`, "1"));
  const results = await Promise.allSettled(writes);
  assert.ok(results.every((result) => result.status === "rejected"));
  assert.equal(waitedMs, 1000);
});

Deno.test("sqlite database keeps the order of writes, when the lock is released while the first one pauses", async () => {
  await using directory = await tempDir();
  const pausing = Promise.withResolvers<void>();
  const pauseOver = Promise.withResolvers<void>();
  const sleep = () => {
    pausing.resolve();
    return pauseOver.promise;
  };
  const clock = { monotonic: () => 0, sleep };
  await using db = await openSqliteAt(directory.join("nb.sqlite3"), { clock });
  using lock = lockDatabase(directory);
  const first = db.create("lport", "p1", "first");
  await pausing.promise;
  lock.release();
  const second = db.create("lport", "p1", "second");
  await new Promise((resolve) => setTimeout(resolve));
  assert.deepEqual(await db.keys("lport"), [], "the second write overtook the first");
  pauseOver.resolve();
  await Promise.all([first, second]);
  assert.equal(await db.get("lport", "p1"), "second");
});

Deno.test("sqlite database opens, when the file is locked for a while", async () => {
  await using directory = await tempDir();
  const path = directory.join("nb.sqlite3");
  using lock = lockDatabase(directory);
  let pauses = 0;
  const clock = jumpingClock(() => ++pauses === 2 && lock.release());
  await using db = await openSqliteAt(path, { clock });
  assert.deepEqual(await db.keys("lport"), []);
  assert.equal(pauses, 2);
});

Deno.test("sqlite database rejects waiting writes with CLOSED, when it is disposed", async () => {
  await using directory = await tempDir();
  const db = await openSqliteAt(directory.join("nb.sqlite3"), { busyTimeoutS: 3600 });
  using _lock = lockDatabase(directory);
  const writes = [db.create("lport", "p1", "1"), db.create("lport", "p2", "1")];
  const results = Promise.allSettled(writes);
  await new Promise((resolve) => setTimeout(resolve));
  await db[Symbol.asyncDispose]();
  for (const result of await results) {
    assert.equal(result.status === "rejected" && result.reason.code, "CLOSED");
  }
});

Deno.test("sqlite database lets timers run, when operations follow each other without a pause", async () => {
  await using directory = await tempDir();
  await using db = await openSqliteAt(directory.join("nb.sqlite3"));
  let fired = false;
  const timer = setTimeout(() => fired = true, 20);
  const startedMs = performance.now();
  while (!fired && performance.now() - startedMs < 5000) await db.keys("lport");
  clearTimeout(timer);
  assert.equal(fired, true, "a timer of 20 ms did not fire within 5 s");
});

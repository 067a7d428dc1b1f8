/**
 * A process of its own on the embedded database, for tests:
 *
 *     sqlite_child.ts PATH write PREFIX COUNT   creates rows; a line with the number after each 100
 *     sqlite_child.ts PATH lock                 holds the write lock until stdin ends
 *     sqlite_child.ts PATH fill BYTES           creates rows of that size until one is refused
 *     sqlite_child.ts PATH masked UMASK         creates the database and one row under a umask
 */
import { DatabaseSync } from "node:sqlite";
import { openSqliteAt } from "./sqlite_db.ts";

const [path = "", command = "", ...rest] = Deno.args;

async function write(prefix: string, count: number): Promise<void> {
  await using db = await openSqliteAt(path);
  for (let n = 1; n <= count; n++) {
    await db.create("lport", `${prefix}${String(n).padStart(6, "0")}`, `{"n":${n}}`);
    if (n % 100 === 0) console.log(n);
  }
}

async function lock(): Promise<void> {
  const database = new DatabaseSync(path);
  database.exec("BEGIN IMMEDIATE");
  console.log("locked");
  for await (const _ of Deno.stdin.readable);
  database.exec("COMMIT");
  database.close();
}

async function fill(bytes: number): Promise<void> {
  await using db = await openSqliteAt(path);
  const value = "x".repeat(bytes);
  try {
    for (let n = 0; n < 1000; n++) await db.create("lport", `p${n}`, value);
  } catch (thrown) {
    console.log(thrown instanceof Error ? `${thrown.name}: ${thrown.message}` : String(thrown));
    console.log((await db.keys("lport")).length);
  }
}

async function masked(umask: number): Promise<void> {
  Deno.umask(umask);
  await using db = await openSqliteAt(path);
  await db.create("lport", "p1", "1");
  console.log("created");
  for await (const _ of Deno.stdin.readable);
}

if (command === "write") await write(rest[0] ?? "", Number(rest[1]));
else if (command === "lock") await lock();
else if (command === "fill") await fill(Number(rest[0]));
else if (command === "masked") await masked(Number.parseInt(rest[0] ?? "", 8));
else throw new TypeError(`command "${command}", wanted write, lock, fill or masked`);

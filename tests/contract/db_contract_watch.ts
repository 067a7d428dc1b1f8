import assert from "node:assert/strict";
import { isDeepStrictEqual } from "node:util";
import type { DbRow, NbDbDriver, TableChange } from "../../drivers/contract/db.ts";
import { waitFor } from "../../drivers/contract/waiting.ts";
import type { RegisterTest } from "./db_contract.ts";

const WAIT_MS = 10_000;

/** Guarantees about watches; a database without them has nothing to test. */
export function registerWatch(it: RegisterTest): void {
  it("watch reports the whole table first, then each change by any client", async (db, fixture) => {
    await db.create("lport", "p2", "2", { topic: "t1" });
    await db.create("lport", "p1", "1");
    await using watch = new Watch(db, "lport");
    if (!watch.isPossible) return;
    assert.deepEqual(await watch.next(), {
      kind: "whole",
      rows: [{ key: "p1", value: "1", topic: null }, { key: "p2", value: "2", topic: "t1" }],
    });
    const other = await fixture.another();
    const steps: [() => Promise<unknown>, ...string[]][] = [
      [() => other.create("lport", "p3", "3"), "p3=3 null"],
      [() => db.set("lport", "p2", "4"), "p2=4 t1"],
      [() => other.create("lport", "p2", "4", { topic: "t2" }), "p2=4 t2"],
      [() => db.delete("lport", "p1"), "p1 gone"],
      [() => other.compareAndDelete("lport", "p3", "3"), "p3 gone"],
    ];
    for (const [write, ...said] of steps) {
      await write();
      assert.deepEqual(linesOf(await watch.next()), said);
    }
  });

  it("watch reports no other table, not even one whose name has the same beginning", async (db) => {
    await using watch = new Watch(db, "lport");
    if (!watch.isPossible) return;
    assert.deepEqual(await watch.next(), { kind: "whole", rows: [] });
    for (const table of ["lport2", "lpor", "lport/x", "l"]) await db.create(table, "p1", "1");
    await db.create("lport", "p1", "own");
    assert.deepEqual(linesOf(await watch.next()), ["p1=own null"]);
  });

  it("watch combines changes that are not taken, and ends with the last", async (db) => {
    await using watch = new Watch(db, "lport");
    if (!watch.isPossible) return;
    await watch.next();
    const keys = Array.from({ length: 200 }, (_, n) => `p${String(n).padStart(3, "0")}`);
    for (const value of ["1", "2"]) {
      await Promise.all(keys.map((key) => db.create("lport", key, value)));
    }
    await Promise.all(keys.slice(100).map((key) => db.delete("lport", key)));
    const { rows } = watch;
    const isDone = () =>
      rows.size === 100 && keys.slice(0, 100).every((key) => rows.get(key)?.value === "2");
    for (let taken = 0; !isDone() && taken < 1_000; taken++) await watch.next();
    assert(isDone());
  });

  it("watch ends, when its signal aborts or its database is disposed", async (db, fixture) => {
    const closing = await fixture.another();
    for (const end of ["abort", "dispose"]) {
      await using watch = new Watch(closing, "lport");
      if (!watch.isPossible) return;
      await watch.next();
      const next = watch.next();
      await (end === "abort" ? watch.abort() : closing[Symbol.asyncDispose]());
      assert.equal(await next, undefined, end);
    }
    assert.deepEqual(await db.keys("lport"), []);
  });
}

/** A watch that a test reads step by step. */
class Watch implements AsyncDisposable {
  readonly #stop = new AbortController();
  /** The rows that were reported, by key. */
  readonly rows = new Map<string, DbRow>();
  readonly #changes: AsyncIterator<TableChange> | undefined;

  constructor(db: NbDbDriver, table: string) {
    this.#changes = db.watch?.(table, this.#stop)[Symbol.asyncIterator]();
  }

  get isPossible(): boolean {
    return this.#changes !== undefined;
  }

  /** The next report that is not a repetition; undefined if the watch has ended. */
  async next(): Promise<TableChange | undefined> {
    assert(this.#changes !== undefined);
    while (true) {
      const { value, done } = await waitFor(this.#changes.next(), { timeoutMs: WAIT_MS });
      if (done) return undefined;
      const isNew = value.kind !== "changes" || this.#isNew(value);
      apply(this.rows, value);
      if (isNew) return value;
    }
  }

  #isNew({ rows, gone }: TableChange & { readonly kind: "changes" }): boolean {
    return gone.some((key) => this.rows.has(key)) ||
      rows.some((row) => !isDeepStrictEqual(row, this.rows.get(row.key)));
  }

  abort(): void {
    this.#stop.abort();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#stop.abort();
    await this.#changes?.return?.();
  }
}

function linesOf(change: TableChange | undefined): string[] {
  assert(change?.kind === "changes", change?.kind);
  return [
    ...change.rows.map(({ key, value, topic }) => `${key}=${value} ${topic}`),
    ...change.gone.map((key) => `${key} gone`),
  ];
}

function apply(table: Map<string, DbRow>, change: TableChange): void {
  if (change.kind === "interrupted") return;
  if (change.kind === "whole") table.clear();
  else for (const key of change.gone) table.delete(key);
  for (const row of change.rows) table.set(row.key, row);
}

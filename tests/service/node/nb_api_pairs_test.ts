import assert from "node:assert/strict";
import { setTimeout as delay } from "node:timers/promises";
import type { DbUpdate } from "../../../service/event/db_update.ts";
import type { NbApi } from "../../../service/node/nb_api.ts";
import { Collector } from "../../support/collector.ts";
import { DB_DRIVERS, NETWORK_DRIVERS, setUpPair } from "../../support/zmq/driver_pair.ts";
import { KeyHistory } from "../../support/key_history.ts";

const TABLE = "lport";
const KEYS = Array.from({ length: 30 }, (_, n) => `p${n}`);
const READY = { timeoutMs: 5_000 };
/** Short, so that every timeout elapses while the test runs. */
const QUICK = { "df.pub_sub_send_timeout": "3" } as const;
const WRITES_AFTER_PICTURE_MS = 4_500;

/** Writes one row after the other, until stopped. */
class RestlessWriter {
  /** Before the picture of the rows is complete, there is hardly a pause. */
  pauseMs = 1;
  readonly histories = new Map(KEYS.map((key) => [key, new KeyHistory(key)]));
  readonly #api: NbApi;
  readonly #stop = new AbortController();
  readonly #writing: Promise<void>;

  constructor(api: NbApi) {
    this.#api = api;
    this.#writing = this.#write();
    // stop() awaits it.
    this.#writing.catch(() => {});
  }

  async #write(): Promise<void> {
    for (let round = 0; !this.#stop.signal.aborted; round++) {
      for (const [key, history] of this.histories) {
        const { action, value } = history.next((round + key.length) % 5 === 0);
        if (value === null) await this.#api.delete(TABLE, key);
        else if (action === "create") await this.#api.create(TABLE, key, value);
        else await this.#api.set(TABLE, key, value);
        if (round > 0) await delay(this.pauseMs);
      }
    }
  }

  async stop(): Promise<void> {
    this.#stop.abort();
    await this.#writing;
  }
}

/** A node's knowledge of the rows. Fails when an update is older than an earlier one. */
class Observer {
  readonly #rows = new Map<string, string>();
  readonly #histories: ReadonlyMap<string, KeyHistory>;
  #seen = 0;

  constructor(histories: ReadonlyMap<string, KeyHistory>) {
    this.#histories = histories;
  }

  /** The rows after these updates, the first of which were seen before. */
  rows(updates: readonly DbUpdate[]): Map<string, string> {
    for (const update of updates.slice(this.#seen)) this.#see(update);
    this.#seen = updates.length;
    return this.#rows;
  }

  // The service's own row in the publishers table may also appear.
  #see({ table, key, action, value }: DbUpdate): void {
    if (table !== TABLE || key === null) return;
    const isGone = action === "delete";
    this.#histories.get(key)?.observe(isGone ? null : String(value));
    if (isGone) this.#rows.delete(key);
    else this.#rows.set(key, String(value));
  }
}

async function snapshotUnderLoad(
  network: typeof NETWORK_DRIVERS[number],
  database: typeof DB_DRIVERS[number],
): Promise<void> {
  await using pair = await setUpPair(network, database, QUICK);
  await using controller = await pair.open();
  await controller.ready(READY);
  const writer = new RestlessWriter(controller);
  await delay(50);
  await using node = await pair.open({ tables: [TABLE] });
  const changes = Collector.reading(node.changes());
  await changes.has((updates) => updates.some(({ action }) => action === "synced"), "synced");
  writer.pauseMs = 20;
  await delay(WRITES_AFTER_PICTURE_MS);
  await writer.stop();
  const rows = new Map((await controller.getAll(TABLE)).map(({ key, value }) => [key, value]));
  const observer = new Observer(writer.histories);
  const isThere = (updates: readonly DbUpdate[]) => areEqual(observer.rows(updates), rows);
  await changes.has(isThere, "the rows of the database");
  const actions = changes.items.map(({ action }) => action);
  const mark = actions.indexOf("synced");
  assert(actions.slice(0, mark).every((action) => action === "initial"), actions.join());
  assert(mark > 0 && actions.length - mark > 2 * KEYS.length, actions.join());
  await node[Symbol.asyncDispose]();
  await changes.ended;
}

function areEqual(one: ReadonlyMap<string, string>, other: ReadonlyMap<string, string>): boolean {
  return one.size === other.size && [...one].every(([key, value]) => other.get(key) === value);
}

for (const network of NETWORK_DRIVERS) {
  Deno.test(`NbApi.changes emits a complete snapshot over ${network}, with every database`, async () => {
    await Promise.all(DB_DRIVERS.map(async (database) => {
      await snapshotUnderLoad(network, database).catch((cause) => {
        throw new Error(`With ${database}: ${cause}`, { cause });
      });
    }));
  });
}

import assert from "node:assert/strict";
import { silentLogger as log } from "../../../../drivers/contract/logger.ts";
import { ChangeQueue } from "../../../../service/node/change_queue.ts";
import { type DbUpdate, dbUpdate } from "../../../../service/event/db_update.ts";
import { FollowedTables } from "../../../../service/node/tables/followed_tables.ts";
import { FakeClock } from "../../../support/fakes/fake_clock.ts";
import { FakeDb } from "../../../support/fakes/fake_db.ts";
import { KeyHistory } from "../../../support/key_history.ts";
import { Random } from "../../event/codec/random_documents.ts";

const ROUNDS = 100;
const WRITES = 60;
const KEYS = ["a", "b", "c", "d", "e"];
/** Maximum time from the write of a row to the arrival of its event. */
const MAX_DELAY_MS = 6_000;

/** Writers, a slow database, slow publishers, a lossy network and a slow application. */
class Round {
  readonly clock = new FakeClock();
  readonly histories = new Map(KEYS.map((key) => [key, new KeyHistory(key)]));
  readonly known = new Map<string, string>();
  readonly #random: (below: number) => number;
  readonly #parts: Awaited<ReturnType<typeof FakeDb.open>>;
  readonly #followed: FollowedTables;
  readonly #queue: ChangeQueue;

  constructor(seed: number, parts: Awaited<ReturnType<typeof FakeDb.open>>) {
    const random = new Random(seed);
    this.#random = (below) => random.below(below);
    this.#parts = parts;
    parts.db.before = () => this.clock.sleep(this.#random(300));
    parts.db.after = () => this.clock.sleep(this.#random(300));
    this.#queue = new ChangeQueue({
      capacity: 5 + this.#random(100),
      maxBytes: Infinity,
      clock: this.clock,
    });
    this.#followed = new FollowedTables({
      tables: ["lport"],
      db: parts.db,
      queue: this.#queue,
      untilLive: () => this.clock.sleep(this.#random(1_000)),
      topics: new Set(),
      isSelective: false,
      complete: (update) => Promise.resolve(update),
      maxDelayMs: MAX_DELAY_MS,
      clock: this.clock,
      log,
    });
  }

  /** Each key has one writer, and its events arrive in the order of its writes. */
  async write(key: string): Promise<void> {
    const history = this.histories.get(key);
    assert(history !== undefined);
    const { direct } = this.#parts;
    let arrived = Promise.resolve();
    for (let count = 0; count < WRITES / KEYS.length; count++) {
      await this.clock.sleep(this.#random(1_500));
      const state = history.next(this.#random(4) === 0);
      if (state.value === null) await direct.delete("lport", key);
      else await direct.create("lport", key, state.value);
      arrived = this.#publish(dbUpdate({ table: "lport", key, ...state }), arrived);
    }
    await arrived;
  }

  async #publish(update: DbUpdate, previous: Promise<void>): Promise<void> {
    const isSlow = this.#random(5) === 0;
    await this.clock.sleep(this.#random(isSlow ? MAX_DELAY_MS - 100 : 400));
    await previous;
    if (this.#random(25) === 0) await this.#interrupt();
    if (this.#random(20) > 0) return this.#arrive(update);
    await this.clock.sleep(this.#random(3_000));
    this.#arrive(dbUpdate({ table: null, key: null, action: "sync" }));
  }

  /** Interrupts a connection for a while. Events sent meanwhile arrive when it is restored. */
  async #interrupt(): Promise<void> {
    const address = "tcp://publisher";
    this.#followed.onHealth({ kind: "disconnected", address, reason: "reset" });
    await this.clock.sleep(this.#random(20_000));
    this.#followed.onHealth({ kind: "connected", address });
    await this.clock.sleep(this.#random(200));
  }

  #arrive(update: DbUpdate): void {
    this.#followed.push([{ ...update, timestamp: this.clock.now() - this.#random(50) }]);
  }

  async read(): Promise<void> {
    for await (const { key, action, value } of this.#followed.updates()) {
      if (key !== null) this.#apply(key, action === "delete" ? null : String(value));
      if (this.#random(5) === 0) await this.clock.sleep(this.#random(2_000));
    }
  }

  #apply(key: string, value: string | null): void {
    this.histories.get(key)?.observe(value);
    if (value === null) this.known.delete(key);
    else this.known.set(key, value);
  }

  async rows(): Promise<Map<string, string>> {
    const rows = await this.#parts.direct.entries("lport");
    return new Map(rows.map(({ key, value }) => [key, value]));
  }

  close(): void {
    this.#followed.stop();
    this.#queue.close();
  }
}

async function play(seed: number): Promise<void> {
  const round = new Round(seed, await FakeDb.open());
  let areDone = false;
  const writing = Promise.all(KEYS.map((key) => round.write(key))).then(() => areDone = true);
  const reading = round.read();
  // Awaited below, after the writers have finished.
  reading.catch(() => {});
  while (!areDone) await round.clock.advance(500);
  await writing;
  await round.clock.advance(120_000);
  round.close();
  await round.clock.advance(1_000);
  await reading;
  assert.deepEqual(round.known, await round.rows());
}

Deno.test("FollowedTables emits nothing outdated and misses nothing, in random interleavings", async () => {
  for (let seed = 1; seed <= ROUNDS; seed++) {
    await play(seed).catch((cause) => {
      throw new Error(`Round ${seed}: ${cause}`, { cause });
    });
  }
});

import { Notifier } from "../../notifier.ts";
import { isReply, wantsNewSession } from "../errors.ts";
import type { PastMark } from "../../../contract/past.ts";
import type { RedisNode } from "../node.ts";
import type { StreamCursor } from "./cursor.ts";
import { pastStart, placeBeforeLast } from "./last_entries.ts";
import { BEGINNING, formatId, parseId } from "./position.ts";
import { answers, parseEntries, type StreamEntry } from "./replies.ts";
import { findGap, indexOfLast, stateOf, type StreamState } from "./state.ts";
import { PAYLOAD_FIELD } from "./topic.ts";

/**
 * Maximum number of entries of a topic per read. At most the minimum configurable length of a
 * stream: if fewer entries arrive, none before them can have been trimmed.
 */
const COUNT = 1_000;

/** Callbacks of a {@linkcode StreamReader}. */
export interface StreamReaderHooks {
  /** Resolves when there is room for entries. */
  readonly untilRoom: () => Promise<void>;
  /** Receives entries of a topic, and the number of entries ever added before them. */
  readonly onEntries: (
    cursor: StreamCursor,
    entries: readonly StreamEntry[],
    base: number | undefined,
  ) => void;
  /** Called if entries of a topic were trimmed before they were read. */
  readonly onGap: (cursor: StreamCursor, reason: string) => void;
  /** Called where the past of a topic begins and ends. */
  readonly onPast: (cursor: StreamCursor, mark: PastMark) => void;
  /** Called when a cursor was placed or refused. */
  readonly onChange: () => void;
  /** Called with a server's refusal, as an error for callers. */
  readonly onRefusal: (cursor: StreamCursor, error: Error) => void;
}

/** Options of a {@linkcode StreamReader}. */
export interface StreamReaderOptions {
  readonly blockMs: number;
  /** The age at which publishers trim entries. */
  readonly maxAgeMs: number;
  /** The run of the server, if the server reports it. */
  readonly run: string | undefined;
  /** Ends a blocking read of the connection with this id. */
  readonly unblock: (id: number) => void;
}

/**
 * Reads streams over a connection of its own.
 *
 * While it is level, it waits for entries in one blocking XREAD of all streams. When it may be
 * behind, it reads a stream's state and its entries in one transaction, so that it always notices
 * entries that were trimmed before it read them.
 */
export class StreamReader {
  readonly node: RedisNode;
  readonly #hooks: StreamReaderHooks;
  readonly #options: StreamReaderOptions;
  readonly #cursors = new Set<StreamCursor>();
  readonly #changed = new Notifier();
  #connectionId = 0;
  #isWaiting = false;
  #retryAt = 0;
  /** When it last began to wait for entries: its level cursors have everything older. */
  #waitedAt = performance.now();

  constructor(node: RedisNode, hooks: StreamReaderHooks, options: StreamReaderOptions) {
    this.node = node;
    this.#hooks = hooks;
    this.#options = options;
    void node.over.then(() => this.#changed.notify());
  }

  /** Adds a cursor to read. */
  add(cursor: StreamCursor): void {
    cursor.state = "unplaced";
    this.#cursors.add(cursor);
    this.#interrupt();
  }

  /** Removes a cursor. */
  delete(cursor: StreamCursor): void {
    if (this.#cursors.delete(cursor)) this.#interrupt();
  }

  /** Resolves when everything that was published before was read. */
  async catchUp(): Promise<void> {
    for (const cursor of this.#cursors) if (cursor.state === "level") cursor.state = "behind";
    this.#interrupt();
    const isLevel = () => this.node.isOver || this.#in("behind", "unplaced").length === 0;
    await this.#changed.until(isLevel);
  }

  #interrupt(): void {
    this.#changed.notify();
    if (this.#isWaiting) this.#options.unblock(this.#connectionId);
  }

  #in(...states: StreamCursor["state"][]): StreamCursor[] {
    return [...this.#cursors].filter(({ state }) => states.includes(state));
  }

  /** Reads until the connection is lost or closed; never rejects. */
  async run(): Promise<void> {
    while (!this.node.isOver) {
      try {
        await this.#pauseForRoom();
        await this.#step();
      } catch (error) {
        const isReplied = isReply(error) || error instanceof TypeError;
        this.node.fail(isReplied ? `reading streams: ${this.node.explain(error)}` : undefined);
      }
    }
    this.#changed.notify();
  }

  async #pauseForRoom(): Promise<void> {
    const start = performance.now();
    await Promise.race([this.#hooks.untilRoom(), this.node.over]);
    if (performance.now() - start < 1) return;
    for (const cursor of this.#in("level")) cursor.state = "behind";
  }

  async #step(): Promise<void> {
    const [cursor] = this.#in("unplaced", "behind");
    if (cursor !== undefined) await this.#readOne(cursor);
    else if (this.#in("level").length > 0) await this.#wait(this.#in("level"));
    else await this.#rest();
  }

  /** Waits while nothing may be read. */
  async #rest(): Promise<void> {
    if (this.node.isOver) return;
    await this.#changed.wait({ timeoutMs: this.#options.blockMs });
    this.#retryRefused();
  }

  /** Requests refused topics again from time to time: a permission may have been granted. */
  #retryRefused(): void {
    if (performance.now() < this.#retryAt) return;
    this.#retryAt = performance.now() + this.#options.blockMs / 2;
    for (const cursor of this.#in("refused")) cursor.state = "unplaced";
  }

  /** Reads the state of a stream and the entries after the cursor, atomically. */
  async #readOne(cursor: StreamCursor): Promise<void> {
    try {
      this.#connectionId ||= await this.node.redis.client("ID");
      await placeBeforeLast(this.node, cursor);
    } catch (error) {
      return this.#refuseOrThrow(cursor, error);
    }
    const { key, position } = cursor;
    const { redis } = this.node;
    const from = position === undefined ? "$" : formatId(position.id);
    const commands = [
      redis.callBuffer("MULTI"),
      redis.callBuffer("XINFO", "STREAM", key),
      redis.callBuffer("XREAD", "COUNT", COUNT, "STREAMS", key, from),
      redis.callBuffer("EXEC"),
    ];
    const outcomes = await Promise.allSettled(commands);
    const failed = outcomes.find((outcome) => outcome.status === "rejected");
    if (failed !== undefined) return this.#refuseOrThrow(cursor, failed.reason);
    const [info, entries] = answers(outcomes[3]);
    const state = stateOf(info);
    if (state instanceof Error) return this.#refuseOrThrow(cursor, state);
    this.#place(cursor, state, parseEntries(entries, PAYLOAD_FIELD).get(key) ?? []);
  }

  #place(cursor: StreamCursor, state: StreamState, entries: readonly StreamEntry[]): void {
    const { run } = this.#options;
    const { position, isHistory, missed } = cursor;
    const gap = position === undefined || isHistory ? missed : findGap(position, state, { run });
    if (gap !== undefined) this.#noteGap(cursor, gap);
    cursor.isHistory = false;
    cursor.refusal = cursor.missed = undefined;
    if (cursor.wanted !== undefined && !cursor.isPastBegun) {
      this.#hooks.onPast(cursor, pastStart(cursor, state));
      cursor.isPastBegun = true;
    }
    const isAll = entries.length < COUNT;
    const end = isAll ? state.added : indexOfLast(position, state, entries.length);
    const base = end === undefined ? undefined : end - entries.length;
    this.#hand(cursor, entries, base);
    if (isAll) cursor.position = { id: state.last, index: state.added, run };
    if (isAll) this.#reportLevel(cursor);
    cursor.state = isAll ? "level" : "behind";
    this.#hooks.onChange();
    this.#changed.notify();
  }

  /** Of repeated gaps it reports the first one, and another one when it is level. */
  #noteGap(cursor: StreamCursor, reason: string): void {
    if (cursor.gap.isReported) cursor.gap.later = reason;
    else this.#hooks.onGap(cursor, reason);
    cursor.gap.isReported = true;
  }

  #reportLevel(cursor: StreamCursor): void {
    if (cursor.gap.later !== undefined) this.#hooks.onGap(cursor, cursor.gap.later);
    cursor.gap = { isReported: false, later: undefined };
    if (cursor.wanted !== undefined) this.#hooks.onPast(cursor, { kind: "end" });
    cursor.wanted = undefined;
  }

  #hand(cursor: StreamCursor, entries: readonly StreamEntry[], base: number | undefined): void {
    const last = entries.at(-1);
    if (last === undefined) return;
    const index = base === undefined ? undefined : base + entries.length;
    const id = parseId(new TextDecoder().decode(last.id));
    cursor.position = { id, index, run: this.#options.run };
    this.#hooks.onEntries(cursor, entries, base);
  }

  async #wait(cursors: readonly StreamCursor[]): Promise<void> {
    const keys = cursors.map(({ key }) => key);
    const ids = cursors.map(({ position }) => formatId(position?.id ?? BEGINNING));
    const args = ["COUNT", COUNT, "BLOCK", this.#options.blockMs, "STREAMS", ...keys, ...ids];
    const now = performance.now();
    const isLate = now - this.#waitedAt > this.#options.maxAgeMs / 2;
    this.#waitedAt = now;
    this.#isWaiting = true;
    const answer = await this.node.redis.callBuffer("XREAD", ...args)
      .finally(() => this.#isWaiting = false);
    const streams = parseEntries(answer, PAYLOAD_FIELD);
    for (const cursor of cursors) this.#take(cursor, streams.get(cursor.key) ?? [], isLate);
    this.#retryRefused();
  }

  /** @param isLate whether entries that were added since the last wait may be old by now */
  #take(cursor: StreamCursor, entries: readonly StreamEntry[], isLate: boolean): void {
    // Entries before these may have been trimmed: reads again, with the state.
    if (entries.length >= (isLate ? 1 : COUNT)) cursor.state = "behind";
    else if (this.#cursors.has(cursor)) this.#hand(cursor, entries, cursor.position?.index);
  }

  /** @throws errors that are not a refusal of this topic */
  #refuseOrThrow(cursor: StreamCursor, error: unknown): void {
    if (!isReply(error) || wantsNewSession(error)) throw error;
    cursor.state = "refused";
    // A slot that is moving arrives at another server soon, and its entries are there.
    if (!/^(ASK|TRYAGAIN)\b/.test(error.message)) this.#hooks.onRefusal(cursor, error);
    this.#hooks.onChange();
    this.#changed.notify();
  }
}

import { messageOf } from "../../../contract/errors.ts";
import { Notifier } from "../../notifier.ts";
import { isReply, wantsNewSession } from "../errors.ts";
import type { RedisNode } from "../node.ts";
import type { StreamCursor } from "./cursor.ts";
import { formatId, parseId } from "./position.ts";
import { parseEntries, type StreamEntry } from "./replies.ts";
import { findGap, NO_STREAM, parseStreamState, type StreamState } from "./state.ts";
import { PAYLOAD_FIELD } from "./topic.ts";

/**
 * The most entries that are read of a topic at once. No greater than the least history that a
 * stream may be configured to have: when fewer came, none can have been cut off before them.
 */
const COUNT = 1_000;

/** What a {@linkcode StreamReader} works for. */
export interface StreamReaderHooks {
  /** Resolves when entries may be handed over. */
  readonly untilRoom: () => Promise<void>;
  /** Entries of a topic, and how many the stream had been given before them. */
  readonly onEntries: (
    cursor: StreamCursor,
    entries: readonly StreamEntry[],
    base: number | undefined,
  ) => void;
  /** Entries of a topic are gone that were never read. */
  readonly onGap: (cursor: StreamCursor, reason: string) => void;
  /** A cursor was placed or refused. */
  readonly onChange: () => void;
  /** A server's refusal, in the words of callers. */
  readonly onRefusal: (cursor: StreamCursor, error: Error) => void;
}

/** How a {@linkcode StreamReader} reads. */
export interface StreamReaderOptions {
  readonly blockMs: number;
  /** The run of the server, as it says. */
  readonly run: string | undefined;
  /** Ends a wait of the reader's connection. */
  readonly unblock: () => void;
}

/**
 * Reads streams over one connection that does nothing else.
 *
 * As long as it is level it waits for entries in one blocking XREAD of all streams. Where it may be
 * behind it reads a stream's state and its entries in one transaction, so that entries which were
 * cut off before they were read never go unnoticed.
 */
export class StreamReader {
  readonly node: RedisNode;
  readonly #hooks: StreamReaderHooks;
  readonly #options: StreamReaderOptions;
  readonly #cursors = new Set<StreamCursor>();
  readonly #changed = new Notifier();
  #isWaiting = false;

  constructor(node: RedisNode, hooks: StreamReaderHooks, options: StreamReaderOptions) {
    this.node = node;
    this.#hooks = hooks;
    this.#options = options;
    void node.over.then(() => this.#changed.notify());
  }

  /** Also reads this one. */
  add(cursor: StreamCursor): void {
    cursor.state = "unplaced";
    this.#cursors.add(cursor);
    this.#interrupt();
  }

  /** Reads it no more. */
  delete(cursor: StreamCursor): void {
    if (this.#cursors.delete(cursor)) this.#interrupt();
  }

  /** Resolves when everything that was published before has been read. */
  async catchUp(): Promise<void> {
    for (const cursor of this.#cursors) if (cursor.state === "level") cursor.state = "behind";
    this.#interrupt();
    const isLevel = () => this.node.isOver || this.#in("behind", "unplaced").length === 0;
    await this.#changed.until(isLevel);
  }

  #interrupt(): void {
    this.#changed.notify();
    if (this.#isWaiting) this.#options.unblock();
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
        this.node.fail(`reading streams: ${messageOf(error)}`);
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

  /** Nothing may be read for now. */
  async #rest(): Promise<void> {
    if (this.node.isOver) return;
    const hasChanged = await this.#changed.wait({ timeoutMs: this.#options.blockMs });
    if (!hasChanged) this.#askAgain();
  }

  /** A permission may have been granted meanwhile. */
  #askAgain(): void {
    for (const cursor of this.#in("refused")) cursor.state = "unplaced";
  }

  /** Reads the state of a stream and what comes after the cursor, as of one moment. */
  async #readOne(cursor: StreamCursor): Promise<void> {
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
    const { position, isHistory } = cursor;
    const gap = position === undefined || isHistory ? undefined : findGap(position, state, { run });
    if (gap !== undefined) this.#noteGap(cursor, gap);
    cursor.isHistory = false;
    cursor.refusal = undefined;
    const isAll = entries.length < COUNT;
    const end = isAll ? state.added : indexOfLast(cursor, state, entries.length);
    const base = end === undefined ? undefined : end - entries.length;
    this.#hand(cursor, entries, base);
    if (isAll) cursor.position = { id: state.last, index: state.added, run };
    if (isAll) this.#tellLaterGap(cursor);
    cursor.state = isAll ? "level" : "behind";
    this.#hooks.onChange();
    this.#changed.notify();
  }

  /** A reader that is overrun again and again is told the first time, and once when it is level. */
  #noteGap(cursor: StreamCursor, reason: string): void {
    if (cursor.gap.isTold) cursor.gap.later = reason;
    else this.#hooks.onGap(cursor, reason);
    cursor.gap.isTold = true;
  }

  #tellLaterGap(cursor: StreamCursor): void {
    if (cursor.gap.later !== undefined) this.#hooks.onGap(cursor, cursor.gap.later);
    cursor.gap = { isTold: false, later: undefined };
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
    const ids = cursors.map(({ position }) => formatId(position?.id ?? { ms: 0n, seq: 0n }));
    const args = ["COUNT", COUNT, "BLOCK", this.#options.blockMs, "STREAMS", ...keys, ...ids];
    this.#isWaiting = true;
    const answer = await this.node.redis.callBuffer("XREAD", ...args)
      .finally(() => this.#isWaiting = false);
    const streams = parseEntries(answer, PAYLOAD_FIELD);
    for (const cursor of cursors) this.#take(cursor, streams.get(cursor.key) ?? []);
    if (streams.size === 0) this.#askAgain();
  }

  #take(cursor: StreamCursor, entries: readonly StreamEntry[]): void {
    // So many that some may have been cut off before these: read again, with a look at the state.
    if (entries.length >= COUNT) cursor.state = "behind";
    else if (this.#cursors.has(cursor)) this.#hand(cursor, entries, cursor.position?.index);
  }

  /** @throws what is no refusal of this one topic */
  #refuseOrThrow(cursor: StreamCursor, error: unknown): void {
    if (!isReply(error) || wantsNewSession(error)) throw error;
    cursor.state = "refused";
    // A slot on its way to another server has it soon; the entries wait there.
    if (!/^(ASK|TRYAGAIN)\b/.test(error.message)) this.#hooks.onRefusal(cursor, error);
    this.#hooks.onChange();
    this.#changed.notify();
  }
}

/** How many entries there had ever been by the last of those read, which are not all. */
function indexOfLast(
  { position }: StreamCursor,
  { first, length, added }: StreamState,
  read: number,
): number | undefined {
  if (added === undefined || first === undefined || position === undefined) return undefined;
  const isBeforeAll = position.id.ms < first.ms ||
    position.id.ms === first.ms && position.id.seq < first.seq;
  if (isBeforeAll) return added - length + read;
  return position.index === undefined ? undefined : position.index + read;
}

function answers(exec: PromiseSettledResult<unknown> | undefined): readonly unknown[] {
  if (exec?.status === "fulfilled" && Array.isArray(exec.value)) return exec.value;
  throw new TypeError("EXEC: no list");
}

/** A missing stream is an empty one. */
function stateOf(info: unknown): StreamState | Error {
  if (!(info instanceof Error)) return parseStreamState(info);
  return /no such key/i.test(info.message) ? NO_STREAM : info;
}

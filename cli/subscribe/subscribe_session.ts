import type { NbDbDriver } from "../../drivers/contract/db.ts";
import { untilAborted } from "../../drivers/contract/waiting.ts";
import type { DbUpdate } from "../../service/event/db_update.ts";
import type { GapNotice } from "../../service/protocol/notices.ts";
import { withValue } from "../../service/event/missing_value.ts";
import { INITIAL, SYNCED } from "../../service/node/tables/snapshot_marks.ts";
import type { WarningFolder } from "../../service/base/warning_folder.ts";
import type { CommonFlags } from "../composition.ts";
import { eventJson, eventText } from "../bus/event_line.ts";
import { EXIT, type ExitCode } from "../terminal/exit_code.ts";
import { globMatcher } from "./glob.ts";
import type { Io } from "../terminal/io.ts";
import { type Messages, safeOnTerminal } from "../terminal/log.ts";
import type { NoticeWriter } from "./notice_writer.ts";
import { neverLive } from "./waiting_note.ts";

/** The flags of `subscribe`; times are in seconds. */
export interface SubscribeFlags extends CommonFlags {
  readonly topic?: readonly string[] | undefined;
  readonly uri?: readonly string[] | undefined;
  readonly table?: readonly string[] | undefined;
  readonly key?: string | undefined;
  readonly action?: readonly string[] | undefined;
  readonly count?: number | undefined;
  readonly since?: string | number | undefined;
  readonly idleTimeout?: number | undefined;
  readonly timeout?: number | undefined;
  readonly resolve?: true | undefined;
  readonly snapshot?: true | undefined;
  readonly failOnGap?: true | undefined;
  readonly json?: true | undefined;
}

/** The outputs of a session besides events. */
export interface Reports {
  readonly notices: NoticeWriter;
  /** Reports rows that could not be read. */
  readonly reads: WarningFolder;
  readonly messages: Messages;
}

/** One run of `subscribe`: what it prints, and when and how it ends. */
export class Session {
  /** Reads missing values of events; without it they stay missing. */
  db: NbDbDriver | undefined;
  /** Whether a publisher, or the broker, was ever live. */
  isLive = false;
  /** The addresses of the followed publishers. */
  publisherUris: () => readonly string[] = () => [];
  readonly #flags: SubscribeFlags;
  readonly #io: Io;
  readonly #reports: Reports;
  readonly #wants: (update: DbUpdate) => boolean;
  readonly #end = Promise.withResolvers<ExitCode>();
  readonly #asJson: boolean;
  /** Lines that are not written yet. */
  #text = "";
  #printed = 0;
  #isOver = false;
  #idleTimer: ReturnType<typeof setTimeout> | undefined;

  constructor(flags: SubscribeFlags, io: Io, reports: Reports) {
    this.#flags = flags;
    this.#io = io;
    this.#reports = reports;
    this.#wants = filterOf(flags);
    this.#asJson = flags.json === true || !io.out.isTerminal;
  }

  async ended(): Promise<ExitCode> {
    const { timeout, count } = this.#flags;
    const timer = timeout === undefined
      ? undefined
      : setTimeout(() => this.#onTimeout(`stopped after ${timeout} s`), timeout * 1000);
    this.#restartIdleTimer();
    try {
      return await untilAborted(this.#end.promise, this.#io.interrupted) ??
        (count === undefined ? EXIT.done : EXIT.failed);
    } finally {
      this.#isOver = true;
      clearTimeout(timer);
      clearTimeout(this.#idleTimer);
    }
  }

  /** Ends it with this error, unless it has ended. */
  fail(error: unknown): void {
    this.#isOver = true;
    this.#end.reject(error);
  }

  /** Reports lost events. */
  onNotice(notice: GapNotice): void {
    if (this.#isOver) return;
    this.#reports.notices.write(notice);
    const isLoss = notice.kind === "lost" || notice.kind === "gap";
    if (isLoss && this.#flags.failOnGap) this.#finish(EXIT.eventsLost);
  }

  async receive(updates: readonly DbUpdate[]): Promise<void> {
    for (const update of updates) {
      if (this.#isOver) break;
      if (!this.#wants(update)) continue;
      this.#print(this.db === undefined ? update : await this.#resolved(update, this.db));
    }
    this.#flush();
    if (this.#printed === this.#flags.count) this.#finish(EXIT.done);
  }

  /** The event with its value; unchanged if its row is gone or cannot be read. */
  async #resolved(update: DbUpdate, db: NbDbDriver): Promise<DbUpdate> {
    // Printable events must not wait while a row is read.
    this.#flush();
    try {
      const complete = await withValue(update, db) ?? update;
      if (complete !== update) this.#reports.reads.success();
      return complete;
    } catch (error) {
      this.#reports.reads.failure(error);
      return update;
    }
  }

  #print(update: DbUpdate): void {
    const { out } = this.#io;
    this.#text += `${this.#asJson ? this.#json(update) : eventText(update, out.columns)}\n`;
    if (this.#flags.snapshot && isOfSnapshot(update)) return;
    if (++this.#printed === this.#flags.count) this.#isOver = true;
  }

  #json(update: DbUpdate): string {
    const json = update.action === SYNCED ? markJson(update) : eventJson(update);
    return this.#io.out.isTerminal ? safeOnTerminal(json) : json;
  }

  /** Writes the lines of one batch together, since each write is a system call. */
  #flush(): void {
    if (this.#text === "") return;
    const text = this.#text;
    this.#text = "";
    try {
      this.#io.out.write(text);
    } catch (error) {
      return this.fail(error);
    }
    this.#restartIdleTimer();
  }

  #restartIdleTimer(): void {
    const { idleTimeout } = this.#flags;
    if (idleTimeout === undefined || this.#isOver) return;
    clearTimeout(this.#idleTimer);
    const onIdle = () => this.#onTimeout(`no event arrived for ${idleTimeout} s`);
    this.#idleTimer = setTimeout(onIdle, idleTimeout * 1000);
  }

  #onTimeout(why: string): void {
    const { count } = this.#flags;
    if (!this.isLive) {
      this.#reports.messages.warn(`${why}: ${neverLive(this.publisherUris())}`);
      return this.#finish(EXIT.unreachable);
    }
    if (count === undefined) return this.#finish(EXIT.done);
    const received = this.#printed === 1 ? "1 event" : `${this.#printed} events`;
    this.#reports.messages.warn(`${why}: ${received}, wanted ${count}`);
    this.#finish(EXIT.timedOut);
  }

  #finish(code: ExitCode): void {
    this.#isOver = true;
    this.#end.resolve(code);
  }
}

function filterOf(
  { table, key, action, snapshot }: SubscribeFlags,
): (update: DbUpdate) => boolean {
  const matches = key === undefined ? undefined : globMatcher(key);
  const wantsRow = (update: DbUpdate) =>
    (table === undefined || (update.table !== null && table.includes(update.table))) &&
    (matches === undefined || (update.key !== null && matches(update.key)));
  const wantsAction = (update: DbUpdate) =>
    action === undefined || action.includes(update.action) ||
    (snapshot === true && isOfSnapshot(update));
  const isMark = (update: DbUpdate) => snapshot === true && update.action === SYNCED;
  return (update) => isMark(update) || (wantsRow(update) && wantsAction(update));
}

/** Whether it is a row of the snapshot instead of an event. */
function isOfSnapshot({ action }: DbUpdate): boolean {
  return action === INITIAL || action === SYNCED;
}

/** The mark after the snapshot as one line of JSON: `{"action":"synced","positions":[…],…}`. */
function markJson({ action, value, timestamp }: DbUpdate): string {
  const positions = value !== null && typeof value === "object" && "positions" in value
    ? value["positions"]
    : [];
  return JSON.stringify({ action, positions, receivedAt: new Date(timestamp).toISOString() });
}

import type { NbDbDriver } from "../../drivers/contract/db.ts";
import { untilAborted } from "../../drivers/contract/waiting.ts";
import type { DbUpdate } from "../../service/event/db_update.ts";
import type { GapNotice } from "../../service/protocol/notices.ts";
import { withValue } from "../../service/event/missing_value.ts";
import type { WarningFolder } from "../../service/base/warning_folder.ts";
import type { EventFilter } from "../events/event_choice.ts";
import { EXIT, type ExitCode } from "../terminal/exit_code.ts";
import type { Messages } from "../terminal/log.ts";
import { counted } from "../terminal/quantities.ts";
import type { EventSink } from "./event_sink.ts";
import type { NoticeWriter } from "./notice_writer.ts";
import type { Summary } from "./summary.ts";
import type { EndFlags } from "./subscribe_flags.ts";
import { neverLive } from "../bus/event_source.ts";

/** Options of a {@linkcode Session}. */
export interface SessionOptions {
  /** @default every event */
  readonly filter: EventFilter | undefined;
  readonly sink: EventSink;
  /** Counts notices. */
  readonly summary: Summary | undefined;
  /** Ends the session. */
  readonly interrupted: AbortSignal;
  readonly notices: NoticeWriter;
  /** Reports rows that could not be read. */
  readonly reads: WarningFolder;
  readonly messages: Messages;
}

/** One run of `subscribe`: which events it puts out, and when and how it ends. */
export class Session {
  /** Reads missing values of events; without it they stay missing. */
  db: NbDbDriver | undefined;
  /** Whether a publisher, or the broker, was ever live. */
  isLive = false;
  /** The addresses of the followed publishers. */
  publishers: () => readonly string[] = () => [];
  readonly #flags: EndFlags;
  readonly #options: SessionOptions;
  readonly #end = Promise.withResolvers<ExitCode>();
  /** Number of events in the sink; rows of a snapshot and syncs after a connection do not count. */
  #taken = 0;
  #isOver = false;
  #idleTimer: ReturnType<typeof setTimeout> | undefined;

  constructor(flags: EndFlags, options: SessionOptions) {
    this.#flags = flags;
    this.#options = options;
  }

  async ended(): Promise<ExitCode> {
    const { timeout, count } = this.#flags;
    const timer = timeout === undefined
      ? undefined
      : setTimeout(() => this.#onTimeout(`stopped after ${timeout} s`), timeout * 1000);
    this.#restartIdleTimer();
    try {
      return await untilAborted(this.#end.promise, this.#options.interrupted) ??
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
    this.#options.notices.write(notice);
    this.#options.summary?.note(notice);
    const isLoss = notice.kind === "lost" || notice.kind === "gap";
    if (isLoss && this.#flags.failOnGap) this.#finish(EXIT.eventsLost);
  }

  /** Passes events on to the sink, until there are enough. */
  async receive(updates: readonly DbUpdate[]): Promise<void> {
    const { filter } = this.#options;
    let taken = 0;
    for (const update of updates) {
      if (this.#isOver) break;
      if (filter !== undefined && !filter(update)) continue;
      const pending = this.#take(this.db === undefined ? update : await this.#resolved(update));
      if (pending !== undefined) await pending.catch((error) => this.fail(error));
      taken++;
    }
    if (taken === 0) return;
    this.#flush();
    this.#restartIdleTimer();
    if (this.#taken === this.#flags.count) this.#finish(EXIT.done);
  }

  /** The event with its value; unchanged if its row is gone or cannot be read. */
  async #resolved(update: DbUpdate): Promise<DbUpdate> {
    if (this.db === undefined || update.value !== null) return update;
    // Printable events must not wait while a row is read.
    this.#flush();
    try {
      const complete = await withValue(update, this.db) ?? update;
      if (complete !== update) this.#options.reads.success();
      return complete;
    } catch (error) {
      this.#options.reads.failure(error);
      return update;
    }
  }

  #take(update: DbUpdate): void | Promise<void> {
    const isEvent = !update.isOfSnapshot && update.reason !== "reconnected";
    if (isEvent && ++this.#taken === this.#flags.count) this.#isOver = true;
    return this.#options.sink.take(update);
  }

  #flush(): void {
    try {
      this.#options.sink.flush();
    } catch (error) {
      this.fail(error);
    }
  }

  #restartIdleTimer(): void {
    const { idleTimeout } = this.#flags;
    if (idleTimeout === undefined || this.#isOver) return;
    clearTimeout(this.#idleTimer);
    const onIdle = () => this.#onTimeout(`no event arrived for ${idleTimeout} s`);
    this.#idleTimer = setTimeout(onIdle, idleTimeout * 1000);
  }

  #onTimeout(why: string): void {
    if (this.isLive) return this.end(why);
    this.#options.messages.warn(`${why}: ${neverLive(this.publishers())}`);
    this.#finish(EXIT.unreachable);
  }

  /** Ends it, unless it has ended; reports that fewer events have come than wanted. */
  end(why: string): void {
    if (this.#isOver) return;
    const { count } = this.#flags;
    if (count === undefined) return this.#finish(EXIT.done);
    this.#options.messages.warn(`${why}: ${counted(this.#taken, "event")}, wanted ${count}`);
    this.#finish(EXIT.timedOut);
  }

  #finish(code: ExitCode): void {
    this.#isOver = true;
    this.#end.resolve(code);
  }
}

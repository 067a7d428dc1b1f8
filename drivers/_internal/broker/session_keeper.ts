import { Backoff } from "../../contract/backoff.ts";
import { messageOf } from "../../contract/errors.ts";
import {
  type MonotonicClock,
  monotonicClock,
  pause,
  untilAborted,
} from "../../contract/waiting.ts";

const FIRST_PAUSE_MS = 100;
const MAX_PAUSE_MS = 5_000;
/** The loss of a session that lasted longer begins a new series of failures. */
const STABLE_MS = 10_000;

/** A session that works until it is lost. */
export interface Session extends AsyncDisposable {
  /** Resolves with the reason when it is lost; never rejects. */
  readonly lost: Promise<string>;
}

/** Options of a {@linkcode SessionKeeper}. */
export interface SessionHooks<S extends Session> {
  /** Opens a session, or throws; bounded in time. If it throws, nothing stays open. */
  readonly open: () => Promise<S>;
  /** Called with each session, before anything else is done with it. */
  readonly onUp: (session: S) => void;
  /** Called when that session is lost. */
  readonly onDown: (reason: string) => void;
  /**
   * Called for each failed attempt after the first session.
   *
   * @param isNew false if an earlier attempt since the loss failed for the same reason
   */
  readonly onFailure: (error: unknown, isNew: boolean) => void;
}

/** The dependencies of a {@linkcode SessionKeeper} that tests replace. */
export interface KeeperDependencies {
  readonly clock?: MonotonicClock;
  readonly random?: () => number;
}

/**
 * Keeps one session until it is closed: after a loss it opens another, with a backoff of 0.1 to 5
 * s.
 */
export class SessionKeeper<S extends Session> {
  readonly #hooks: SessionHooks<S>;
  readonly #clock: MonotonicClock;
  readonly #backoff: Backoff;
  readonly #closing = new AbortController();
  /** The reasons of the failed attempts since the last loss. */
  readonly #reasons = new Set<string>();
  #session: S | undefined;
  #running: Promise<void> = Promise.resolve();

  constructor(
    hooks: SessionHooks<S>,
    { clock = monotonicClock, random }: KeeperDependencies = {},
  ) {
    this.#hooks = hooks;
    this.#clock = clock;
    this.#backoff = new Backoff({ firstMs: FIRST_PAUSE_MS, maxMs: MAX_PAUSE_MS, random });
  }

  get #isClosed(): boolean {
    return this.#closing.signal.aborted;
  }

  /** The current session. */
  get session(): S | undefined {
    return this.#session;
  }

  /** Begins with an existing session. */
  startWith(session: S): void {
    this.#up(session);
    this.#running = this.#run(session);
  }

  async #run(first: S): Promise<void> {
    const { signal } = this.#closing;
    let session: S | undefined = first;
    while (!signal.aborted) {
      if (session !== undefined) {
        const since = this.#clock.monotonic();
        await this.#live(session);
        if (this.#clock.monotonic() - since > STABLE_MS) this.#backoff.reset();
      }
      await pause(this.#backoff.next(), signal, this.#clock);
      session = await this.#open();
    }
  }

  /** Waits until the session is lost or the keeper is closed. */
  async #live(session: S): Promise<void> {
    const reason = await untilAborted(session.lost, this.#closing.signal);
    this.#session = undefined;
    if (reason !== undefined && !this.#isClosed) this.#hooks.onDown(reason);
    await session[Symbol.asyncDispose]();
  }

  async #open(): Promise<S | undefined> {
    if (this.#isClosed) return undefined;
    try {
      const session = await this.#hooks.open();
      if (!this.#isClosed) this.#up(session);
      else await session[Symbol.asyncDispose]();
      return session;
    } catch (error) {
      if (!this.#isClosed) this.#noteFailure(error);
      return undefined;
    }
  }

  #noteFailure(error: unknown): void {
    const reason = messageOf(error);
    const isNew = !this.#reasons.has(reason);
    this.#reasons.add(reason);
    this.#hooks.onFailure(error, isNew);
  }

  #up(session: S): void {
    this.#session = session;
    this.#reasons.clear();
    this.#hooks.onUp(session);
  }

  /** Ends the current session and opens no other one; waits for a pending attempt. */
  async close(): Promise<void> {
    this.#closing.abort();
    await this.#running;
  }
}

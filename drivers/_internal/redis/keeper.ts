import { Backoff } from "../../contract/backoff.ts";
import {
  type MonotonicClock,
  monotonicClock,
  pause,
  untilAborted,
} from "../../contract/waiting.ts";

const FIRST_PAUSE_MS = 100;
const MAX_PAUSE_MS = 5_000;
/** The loss of a session that lived for longer begins a new series of failures. */
const STABLE_MS = 10_000;

/** Something that works until it is lost. */
export interface Session extends AsyncDisposable {
  /** Resolves with the reason when it is lost; never rejects. */
  readonly lost: Promise<string>;
}

/** What a {@linkcode SessionKeeper} works with. */
export interface SessionHooks<S extends Session> {
  /** Makes a session, or throws; bounded in time, and leaves nothing open when it throws. */
  readonly open: () => Promise<S>;
  /** Told of each session, before anything else is done with it. */
  readonly onUp: (session: S) => void;
  /** Told when that session is lost. */
  readonly onDown: (reason: string) => void;
  /** Told of each attempt that failed after the first session. */
  readonly onFailure: (error: unknown) => void;
}

/** What tests replace in a {@linkcode SessionKeeper}. */
export interface KeeperDependencies {
  readonly clock?: MonotonicClock;
  readonly random?: () => number;
}

/** Keeps one session: when it is lost another is opened, with a backoff of 0.1 to 5 s, until closed. */
export class SessionKeeper<S extends Session> {
  readonly #hooks: SessionHooks<S>;
  readonly #clock: MonotonicClock;
  readonly #backoff: Backoff;
  readonly #closing = new AbortController();
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

  /** The session there is now. */
  get session(): S | undefined {
    return this.#session;
  }

  /** Begins with a session that is there already. */
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

  /** Until the session is lost or the keeper closed. */
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
      if (!this.#isClosed) this.#hooks.onFailure(error);
      return undefined;
    }
  }

  #up(session: S): void {
    this.#session = session;
    this.#hooks.onUp(session);
  }

  /** Ends the session there is and opens no other; waits for an attempt that is under way. */
  async close(): Promise<void> {
    this.#closing.abort();
    await this.#running;
  }
}

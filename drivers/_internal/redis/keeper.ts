const FIRST_DELAY_MS = 100;
const LONGEST_DELAY_MS = 5_000;
/** A session that lived so long is no part of a row of failures. */
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

/** How long to wait before the next attempt: doubling from 0.1 to 5 s, by half at random. */
export function backoffMs(failures: number, random: () => number = Math.random): number {
  const full = Math.min(FIRST_DELAY_MS * 2 ** failures, LONGEST_DELAY_MS);
  return full / 2 + random() * full / 2;
}

/** Keeps one session: whenever it is lost another is opened, with growing pauses, until closed. */
export class SessionKeeper<S extends Session> {
  readonly #hooks: SessionHooks<S>;
  readonly #closing = Promise.withResolvers<undefined>();
  #session: S | undefined;
  #running: Promise<void> = Promise.resolve();
  #isClosed = false;
  #endPause: () => void = () => {};

  constructor(hooks: SessionHooks<S>) {
    this.#hooks = hooks;
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
    let session: S | undefined = first;
    let failures = 0;
    while (!this.#isClosed) {
      if (session !== undefined) {
        const since = performance.now();
        await this.#live(session);
        if (performance.now() - since > STABLE_MS) failures = 0;
      }
      await this.#pause(backoffMs(failures++));
      session = await this.#open();
    }
  }

  /** Until the session is lost or the keeper closed. */
  async #live(session: S): Promise<void> {
    const reason = await Promise.race([session.lost, this.#closing.promise]);
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

  #pause(ms: number): Promise<void> {
    if (this.#isClosed) return Promise.resolve();
    return new Promise((resolve) => {
      const timer = setTimeout(resolve, ms);
      this.#endPause = () => {
        clearTimeout(timer);
        resolve();
      };
    });
  }

  /** Ends the session there is and opens no other; waits for an attempt that is under way. */
  async close(): Promise<void> {
    this.#isClosed = true;
    this.#closing.resolve(undefined);
    this.#endPause();
    await this.#running;
  }
}

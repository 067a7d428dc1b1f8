import { checkTopic } from "../event/codec/topic.ts";
import type { Clock } from "../base/clock.ts";
import { SEND_ALL_TOPIC } from "../event/db_update.ts";
import { topicOfHello } from "../protocol/hello.ts";

/** How {@linkcode ReturnSyncs} works. */
export interface ReturnSyncsOptions {
  /** Sends a native `sync` under a topic; must not throw. */
  readonly request: (topic: string) => void;
  /** The time. */
  readonly clock: Pick<Clock, "monotonic" | "sleep">;
}

/** Nodes that come back later than this after the start are taken for new ones. */
const RETURN_MS = 120_000;
/** A topic's nodes are back when none has subscribed for this long… */
const QUIET_MS = 2_000;
/** …or after this, if they keep coming. */
const MAX_WAIT_MS = 10_000;
const LOOK_MS = 250;
/** More topics than these share the `sync` of the broadcast topic. */
const MAX_TOPICS = 1_024;

interface Returning {
  /** Subscriptions of the topic less those of its hello, which only nodes of this project make. */
  plain: number;
  readonly sinceMs: number;
  lastMs: number;
}

/**
 * Requests a native `sync` for the nodes of the original that come back after a restart: they notice
 * neither the events that the last run accepted and did not send, nor those sent before they are
 * connected again. One for each topic, once its nodes are back.
 *
 * Nodes of this project subscribe to a topic's hello too, and request a sync themselves: a topic with
 * no other subscribers gets none.
 */
export class ReturnSyncs implements AsyncDisposable {
  readonly #options: ReturnSyncsOptions;
  readonly #startedAt: number;
  readonly #topics = new Map<string, Returning>();
  readonly #abort = new AbortController();
  #waiting: Promise<void> | undefined;

  /** Waits for nodes from now on. */
  constructor(options: ReturnSyncsOptions) {
    this.#options = options;
    this.#startedAt = options.clock.monotonic();
  }

  /** To be called for each subscription that the publisher sees; never throws. */
  noteSubscription(subscribed: string): void {
    const now = this.#options.clock.monotonic();
    if (this.#abort.signal.aborted || now - this.#startedAt > RETURN_MS) return;
    const hello = topicOfHello(subscribed);
    const returning = this.#returning(hello ?? subscribed, now);
    returning.plain += hello === undefined ? 1 : -1;
    returning.lastMs = now;
    this.#waiting ??= this.#wait().finally(() => this.#waiting = undefined);
  }

  /** Stops waiting; nothing more is requested. */
  async [Symbol.asyncDispose](): Promise<void> {
    this.#abort.abort();
    await this.#waiting;
  }

  #returning(topic: string, now: number): Returning {
    const isOther = !this.#topics.has(topic) &&
      (this.#topics.size >= MAX_TOPICS || !isTopic(topic));
    const name = isOther ? SEND_ALL_TOPIC : topic;
    const known = this.#topics.get(name);
    if (known !== undefined) return known;
    const returning = { plain: 0, sinceMs: now, lastMs: now };
    this.#topics.set(name, returning);
    return returning;
  }

  async #wait(): Promise<void> {
    const { clock } = this.#options;
    const { signal } = this.#abort;
    while (this.#topics.size > 0 && !signal.aborted) {
      await clock.sleep(LOOK_MS, signal).catch(() => {});
      if (!signal.aborted) this.#requestDue(clock.monotonic());
    }
  }

  #requestDue(now: number): void {
    for (const [topic, { plain, sinceMs, lastMs }] of this.#topics) {
      if (now - lastMs < QUIET_MS && now - sinceMs < MAX_WAIT_MS) continue;
      this.#topics.delete(topic);
      if (plain > 0) this.#options.request(topic);
    }
  }
}

function isTopic(topic: string): boolean {
  try {
    checkTopic(topic);
    return true;
  } catch {
    return false;
  }
}

import type { DriverError } from "../../contract/errors.ts";
import { explainRedis, redisError, type RedisFailureContext, RedisReason } from "./errors.ts";

/** What ioredis says of a command that it did not send, or whose answer it will never see. */
const NOT_CONNECTED = [
  /^Connection is closed/,
  /^Stream isn't writeable/,
  /^Cluster isn't ready/,
  /^Cluster is ended/,
  /^Reached the max retries/,
  /^Command aborted/,
  /^None of startup nodes/,
  /^Failed to refresh slots cache/,
];

/** Whether a connection is lost, and why. */
export class RedisLinkState {
  /** Resolves with the reason when the connection is lost; never rejects. */
  readonly lost: Promise<string>;
  readonly #lose: (reason: string) => void;
  readonly #identity: RedisFailureContext;
  /** Why it was given up; else what the client said last. */
  #reason: string | undefined;
  #isLost = false;

  constructor(identity: RedisFailureContext) {
    this.#identity = identity;
    const { promise, resolve } = Promise.withResolvers<string>();
    this.lost = promise;
    this.#lose = resolve;
  }

  /**
   * Remembers what a client's `error` event said; nothing of the command it belongs to.
   *
   * @param server which of several servers it is about, `host:port`
   */
  noteError(thrown: unknown, server?: string): void {
    if (this.#isLost) return;
    const reason = explainRedis(thrown, this.#identity.username);
    this.#reason = server === undefined ? reason : `${server}: ${reason}`;
  }

  /** The connection is lost: for this reason, or for the last that the client gave. */
  lose(reason: string): void {
    if (this.#isLost) return;
    this.#isLost = true;
    this.#reason ??= reason;
    this.#lose(this.#reason);
  }

  /** What was thrown, with the reason of the loss instead of its consequence. */
  reasonOf(thrown: unknown): unknown {
    const lost = thrown instanceof Error && NOT_CONNECTED.some((text) => text.test(thrown.message));
    if (!lost) return thrown;
    const why = this.#reason === undefined ? "" : `: ${this.#reason}`;
    return new RedisReason(`not connected${why}`);
  }

  /** The error of a command, as callers know it. */
  failure(action: string, thrown: unknown): DriverError {
    return redisError(action, this.reasonOf(thrown), this.#identity);
  }
}

/** The part of a client that starts it. */
interface Startable {
  connect(): Promise<void>;
  once(event: "end", listener: () => void): unknown;
  off(event: "end", listener: () => void): unknown;
}

/** Waits for a client's first connection. @throws the signal's reason, or what the client met */
export async function startClient(client: Startable, signal: AbortSignal): Promise<void> {
  const { promise: stopped, reject } = Promise.withResolvers<never>();
  const onAbort = () => reject(signal.reason);
  // A cluster's client that finds the cluster unfit ends without settling `connect`.
  const onEnd = () => reject(new Error("Connection is closed."));
  signal.addEventListener("abort", onAbort, { once: true });
  client.once("end", onEnd);
  try {
    signal.throwIfAborted();
    await Promise.race([client.connect(), stopped]);
  } finally {
    signal.removeEventListener("abort", onAbort);
    client.off("end", onEnd);
  }
}

import type { DriverError } from "../../contract/errors.ts";
import type { Logger } from "../../contract/logger.ts";
import { explainRedis, redisError, type RedisFailureCode, RedisReason } from "./errors.ts";

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

/** Whose state it is. */
export interface RedisLinkIdentity {
  readonly label: string;
  readonly code: RedisFailureCode;
  readonly username: string | undefined;
  readonly log: Logger;
}

/** Whether a connection is up and what took it down, told to the log once per change. */
export class RedisLinkState {
  /** Set once the start has succeeded: only then is a lost connection made again. */
  started = false;
  readonly #identity: RedisLinkIdentity;
  #reason: string | undefined;
  #down = false;
  #closed = false;

  constructor(identity: RedisLinkIdentity) {
    this.#identity = identity;
  }

  /** Remembers what a client's `error` event said; nothing of the command it belongs to. */
  noteError(thrown: unknown): void {
    this.#reason = explainRedis(thrown, this.#identity.username);
  }

  noteDown(): void {
    if (this.#down || this.#closed || !this.started) return;
    this.#down = true;
    const { label, log } = this.#identity;
    log.warn(`Redis "${label}": connection lost, trying again`, { reason: this.#reason });
  }

  noteUp(): void {
    this.#reason = undefined;
    if (!this.#down) return;
    this.#down = false;
    this.#identity.log.info(`Redis "${this.#identity.label}": connected again`);
  }

  /** From now on nothing is news. */
  noteClosed(): void {
    this.#closed = true;
  }

  /** The error of a command, with the reason of the outage instead of its consequence. */
  failure(action: string, thrown: unknown): DriverError {
    const lost = thrown instanceof Error && NOT_CONNECTED.some((text) => text.test(thrown.message));
    const why = this.#reason === undefined ? "" : `: ${this.#reason}`;
    const known = lost ? new RedisReason(`not connected${why}`) : thrown;
    return redisError(action, known, this.#identity);
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

import type { Cluster, Redis } from "ioredis";
import type { DriverError } from "../../contract/errors.ts";
import type { RedisClientOptions } from "./clients.ts";
import type { RedisFailureCode } from "./errors.ts";

/** The purpose of a connection. */
export interface RedisPurpose {
  /** Part of the connection's name at the server: `df-pubsub-<name>`. */
  readonly name: string;
  /** The code of a failure for callers. */
  readonly code: RedisFailureCode;
  /** Whether to accept a replica if no master is found. @default false */
  readonly acceptsReplica?: boolean;
  /** Overrides of the common options; in a cluster, those of every node. */
  readonly options?: RedisClientOptions;
}

/** A connection to the configured Redis. */
export interface RedisConnection extends AsyncDisposable {
  readonly client: Redis | Cluster;
  readonly kind: "standalone" | "sentinel" | "cluster";
  /** `redis://host:port,…`, and with sentinels the master's name; never a secret. */
  readonly label: string;
  /** A client for each known master, which has its own rows. */
  masters(): Redis[];
  /**
   * Runs work that sends commands, and fails as soon as no server is connected. The client of a
   * cluster would hold the commands back until one is connected, without a limit.
   */
  whileConnected<T>(work: () => Promise<T>): Promise<T>;
  /** Updates the list of masters. Never fails: then the list stays. */
  refresh(): Promise<void>;
  /**
   * The error for callers of what a command or the client threw; `action` and `isUncertain` as in
   * {@linkcode redisError}.
   */
  failure(action: string, thrown: unknown, isUncertain?: boolean): DriverError;
}

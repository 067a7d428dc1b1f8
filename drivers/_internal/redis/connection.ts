import type { Cluster, Redis } from "ioredis";
import type { DriverError } from "../../contract/errors.ts";
import type { RedisClientOptions } from "./clients.ts";
import type { RedisFailureCode } from "./errors.ts";

/** What a connection is for. */
export interface RedisPurpose {
  /** Part of the name that the server lists the connection under: `df-pubsub-<name>`. */
  readonly name: string;
  /** What callers know a failure as. */
  readonly code: RedisFailureCode;
  /** Whether to accept a replica when no master is found. @default false */
  readonly acceptsReplica?: boolean;
  /** Overrides of what every connection has; in a cluster, of every node's. */
  readonly options?: RedisClientOptions;
}

/** A connection to the Redis of a configuration. */
export interface RedisConnection extends AsyncDisposable {
  readonly client: Redis | Cluster;
  readonly kind: "standalone" | "sentinel" | "cluster";
  /** `redis://host:port,…`, and for sentinels the master's name; never a secret. */
  readonly label: string;
  /** A client for each master that is known now: each has rows of its own. */
  masters(): Redis[];
  /**
   * Does work that sends commands, and fails as soon as no server is connected: the client of a
   * cluster would hold the commands back until one is, however long that takes.
   */
  whileConnected<T>(work: () => Promise<T>): Promise<T>;
  /** Learns anew which masters there are; it never fails, old knowledge stays then. */
  refresh(): Promise<void>;
  /** What a command or the client threw, as callers know it; `action` as in {@linkcode redisError}. */
  failure(action: string, thrown: unknown): DriverError;
}

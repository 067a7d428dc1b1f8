import type { NbDbDriver } from "../contract/db.ts";
import { type DriverError, messageOf } from "../contract/errors.ts";
import type { DriverContext } from "../contract/pubsub.ts";
import type { RedisConnection } from "../_internal/redis/connection.ts";
import { explainRedis, mayBeExecuted } from "../_internal/redis/errors.ts";
import { RedisKeptConnection } from "../_internal/redis/kept_connection.ts";
import { RedisRowWarnings } from "../_internal/redis/rows/row_warnings.ts";
import { redisKeySchema, redisScanBatch } from "../_internal/redis/options.ts";
import { tryRedisDbCommands } from "../_internal/redis/rows/permissions.ts";
import { RedisRowFinder } from "../_internal/redis/rows/row_finder.ts";
import { RedisRows } from "../_internal/redis/rows/rows.ts";
import { RedisSchemas } from "../_internal/redis/rows/schemas.ts";
import { RedisTables } from "../_internal/redis/rows/table.ts";
import { redisUser } from "../_internal/redis/settings.ts";
import { RemoteDb } from "../_internal/remote_db.ts";

/**
 * Opens the database on Redis: a server, the master that sentinels report, or a cluster.
 *
 * Redis provides less than the contract in these cases. A table is read with several commands, so
 * rows that are written in the meantime may be missing, and so may a row that moves to another
 * topic; a row that exists throughout is never missing. A write is on the master when its promise
 * resolves, and an immediate failover may lose it. An empty topic is no topic. There are no table
 * versions.
 *
 * With a topic, every operation on a row takes one or two commands. Without a topic, finding a row
 * that has one requires a scan of the database: in `get`, `set` and `delete`, and in `create` for a
 * new row.
 *
 * @throws {DbUnavailable} within the connect timeout, with each host and its problem
 */
export async function openRedisDb(context: DriverContext): Promise<NbDbDriver> {
  const connection = await RedisKeptConnection.open(context, PURPOSE);
  try {
    const refusal = await tryRedisDbCommands(connection);
    if (refusal !== undefined) warnOfRefusal(refusal, connection, context);
    return new RedisDb(connection, context);
  } catch (thrown) {
    await connection[Symbol.asyncDispose]();
    throw connection.failure("use it as a database", thrown);
  }
}

const PURPOSE = { name: "db", code: "DB_UNAVAILABLE", acceptsReplica: true } as const;

function warnOfRefusal(
  refusal: unknown,
  { label }: RedisConnection,
  { settings, log }: DriverContext,
): void {
  const reason = explainRedis(refusal, redisUser(settings));
  const message = `Redis "${label}": rows can be read, but not written: ${reason}`;
  // The accounts of compute nodes lack these permissions on purpose.
  if (messageOf(refusal).startsWith("NOPERM")) log.info(message);
  else log.warn(message);
}

class RedisDb extends RemoteDb {
  readonly name = "redis";
  readonly #connection: RedisConnection;

  constructor(connection: RedisConnection, { settings, log }: DriverContext) {
    const wanted = settings.get(redisKeySchema);
    const batch = settings.get(redisScanBatch);
    const warnings = new RedisRowWarnings(log, connection.label);
    const schemas = new RedisSchemas(connection, { wanted, batch });
    const tables = new RedisTables(connection, { schemas, batch, warnings });
    const finder = new RedisRowFinder(tables);
    super(new RedisRows(connection, { schemas, batch, tables, finder }), tables);
    this.#connection = connection;
  }

  get place(): string {
    return this.#connection.label;
  }

  protected override start<T>(work: () => Promise<T>): Promise<T> {
    return this.#connection.whileConnected(work);
  }

  protected failure(action: string, thrown: unknown, isWrite: boolean): DriverError {
    return this.#connection.failure(action, thrown, isWrite && mayBeExecuted(thrown));
  }

  /** Lets what was asked for end, which the command timeout bounds, and closes. */
  override async [Symbol.asyncDispose](): Promise<void> {
    await super[Symbol.asyncDispose]();
    await this.#connection[Symbol.asyncDispose]();
  }
}

import type { DbRow, EntriesOptions, NbDbDriver, TopicOption } from "../contract/db.ts";
import { DbKeyNotFound, messageOf } from "../contract/errors.ts";
import type { DriverContext } from "../contract/pubsub.ts";
import { DbOperations } from "../_internal/db_operations.ts";
import { COUNTERS } from "../_internal/db_text.ts";
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

class RedisDb implements NbDbDriver {
  readonly name = "redis";
  readonly place: string;
  readonly #connection: RedisConnection;
  readonly #tables: RedisTables;
  readonly #rows: RedisRows;
  readonly #operations: DbOperations;

  constructor(connection: RedisConnection, { settings, log }: DriverContext) {
    const wanted = settings.get(redisKeySchema);
    const batch = settings.get(redisScanBatch);
    const warnings = new RedisRowWarnings(log, connection.label);
    this.#connection = connection;
    this.place = connection.label;
    const schemas = new RedisSchemas(connection, { wanted, batch });
    const tables = new RedisTables(connection, { schemas, batch, warnings });
    const finder = new RedisRowFinder(tables);
    this.#operations = new DbOperations({
      place: () => connection.label,
      start: (work) => connection.whileConnected(work),
      failure: (action, thrown, isWrite) =>
        connection.failure(action, thrown, isWrite && mayBeExecuted(thrown)),
    });
    this.#tables = tables;
    this.#rows = new RedisRows(connection, { schemas, batch, tables, finder });
  }

  async get(table: string, key: string, { topic }: TopicOption = {}): Promise<string> {
    const id = { table, key, topic };
    const value = await this.#operations.run("read", id, () => this.#rows.get(id));
    if (value === undefined) throw new DbKeyNotFound(table, key, topic);
    return value;
  }

  create(
    table: string,
    key: string,
    value: string,
    { topic }: TopicOption = {},
  ): Promise<void> {
    // A row without topic has an empty topic here, since undefined would mean any topic.
    const id = { table, key, topic: topic ?? "" };
    const work = () => this.#rows.create(id, value);
    return this.#operations.write("create", { ...id, value }, work);
  }

  async set(
    table: string,
    key: string,
    value: string,
    { topic }: TopicOption = {},
  ): Promise<void> {
    const id = { table, key, topic };
    const work = () => this.#rows.set(id, value);
    const found = await this.#operations.write("set", { ...id, value }, work);
    if (!found) throw new DbKeyNotFound(table, key, topic);
  }

  async delete(table: string, key: string, { topic }: TopicOption = {}): Promise<void> {
    const id = { table, key, topic };
    const work = () => this.#rows.delete(id);
    const found = await this.#operations.write("delete", id, work);
    if (!found) throw new DbKeyNotFound(table, key, topic);
  }

  keys(table: string, { topic }: TopicOption = {}): Promise<string[]> {
    return this.#operations.run("read", { table, topic }, () => this.#tables.keys(table, topic));
  }

  entries(table: string, options: EntriesOptions = {}): Promise<DbRow[]> {
    const { topic } = options;
    return this.#operations.run(
      "read",
      { table, topic },
      () => this.#tables.entries(table, options),
    );
  }

  compareAndDelete(
    table: string,
    key: string,
    expected: string,
    { topic }: TopicOption = {},
  ): Promise<boolean> {
    const id = { table, key, topic };
    const work = () => this.#rows.compareAndDelete(id, expected);
    return this.#operations.write("delete", { ...id, expected }, work);
  }

  async tableVersion(table: string): Promise<null> {
    return await this.#operations.run("read", { table }, () => Promise.resolve(null));
  }

  allocateUniqueKey(table: string): Promise<number> {
    const work = () => this.#connection.client.incr(`{${COUNTERS}.}${table}`);
    return this.#operations.run("count the unique keys of", { table }, work);
  }

  /** Lets what was asked for end, which the command timeout bounds, and closes. */
  async [Symbol.asyncDispose](): Promise<void> {
    await this.#operations.close();
    await this.#connection[Symbol.asyncDispose]();
  }
}

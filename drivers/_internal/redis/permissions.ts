import { compareAndDeleteRedis } from "./rows/compare_and_delete.ts";
import type { RedisConnection } from "./connection.ts";
import { redisRowName } from "./rows/row_names.ts";

/** A row that nobody has: everything asked of it changes nothing. */
const NOBODY = { table: "publisher", key: "\0df-pubsub asks for permission", topic: undefined };

/**
 * Uses every command of the database driver once, without effect, so that a missing permission
 * shows at the start. Which keys a user may use is left to the real commands: a user who may only
 * use some tables is a user.
 *
 * @throws what the server answers
 */
export async function requireRedisDbCommands(connection: RedisConnection): Promise<void> {
  const { client, kind } = connection;
  const name = redisRowName(NOBODY, "released");
  const asked = [
    client.get(name),
    client.mget([name]),
    client.set(name, "", "XX"),
    client.del(name),
    client.type(name),
    compareAndDeleteRedis(connection, name, ""),
    ...connection.masters().map((master) => master.scan("0", "MATCH", name, "COUNT", 1)),
    ...(kind === "cluster" ? connection.masters().map((one) => one.cluster("NODES")) : []),
  ];
  for (const outcome of await Promise.allSettled<unknown>(asked)) {
    if (outcome.status === "rejected" && !isAboutKeys(outcome.reason)) throw outcome.reason;
  }
}

function isAboutKeys(thrown: unknown): boolean {
  return /NOPERM.*\bkeys?\b/i.test(String(thrown));
}

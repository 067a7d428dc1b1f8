import { compareAndDeleteRedis } from "./compare_and_delete.ts";
import type { RedisConnection } from "../connection.ts";
import { isReply } from "../errors.ts";
import { redisRowName } from "./row_names.ts";

/** A row that does not exist: commands on it have no effect. */
const NOBODY = { table: "publisher", key: "\0df-pubsub asks for permission", topic: undefined };

/**
 * Uses every command of the database driver once, without effect, so that a missing permission
 * shows at the start. Permissions for keys show with real commands, since a user may be allowed to
 * use only some tables. Refused writes do not prevent reading.
 *
 * @returns the server's reply to writes if it refuses them, for everyone or for this user
 * @throws the server's error reply to reads
 */
export async function tryRedisDbCommands(connection: RedisConnection): Promise<unknown> {
  const { client, kind } = connection;
  const name = redisRowName(NOBODY, "released");
  const reads = Promise.allSettled<unknown>([
    client.get(name),
    client.mget([name]),
    client.type(name),
    ...connection.masters().map((master) => master.scan("0", "MATCH", name, "COUNT", 1)),
    ...(kind === "cluster" ? connection.masters().map((one) => one.cluster("NODES")) : []),
  ]);
  const writes = Promise.allSettled<unknown>([
    client.set(name, "", "XX"),
    client.del(name),
    compareAndDeleteRedis(connection, name, ""),
  ]);
  const refused = refusalIn(await reads);
  if (refused !== undefined) throw refused;
  const refusedWrite = refusalIn(await writes);
  if (refusedWrite !== undefined && !isReply(refusedWrite)) throw refusedWrite;
  return refusedWrite;
}

function refusalIn(outcomes: readonly PromiseSettledResult<unknown>[]): unknown {
  const reasons = outcomes.flatMap((one) => one.status === "rejected" ? [one.reason] : []);
  return reasons.find((reason) => !isAboutKeys(reason));
}

function isAboutKeys(thrown: unknown): boolean {
  return /NOPERM.*\bkeys?\b/i.test(String(thrown));
}

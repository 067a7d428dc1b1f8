import type { Redis } from "ioredis";
import type { RedisConnection } from "../connection.ts";
import { RedisReason } from "../errors.ts";
import { readRedisTopology, type RedisTopology } from "../topology.ts";

/** How often a database is gone through before one that keeps changing is given up. */
const MOST_ROUNDS = 6;

const counters = new WeakMap<Redis, { readonly count: number }>();

/** Which names are wanted. */
export interface RedisSweepRequest {
  /** A glob. */
  readonly pattern: string;
  /** How many names one command visits. */
  readonly batch: number;
  /** Leaves out what is not a text. */
  readonly textsOnly?: boolean;
}

/**
 * The names in the database that match, each once and in no order, as octets in latin1 text.
 *
 * A name that is there all the time is among them, also when its part of a cluster moves to another
 * master meanwhile: then the masters are gone through again.
 *
 * @throws {RedisReason} when a part of the cluster has no master, or a connection was remade
 */
export async function sweepRedis(
  connection: RedisConnection,
  request: RedisSweepRequest,
): Promise<Set<string>> {
  const names = new Set<string>();
  if (connection.kind !== "cluster") {
    await Promise.all(connection.masters().map((master) => scan(master, request, names)));
    return names;
  }
  for (let round = 1; round <= MOST_ROUNDS; round++) {
    const masters = connection.masters();
    const before = await readRedisTopology(masters);
    await Promise.all(masters.map((master) => scan(master, request, names)));
    const after = await readRedisTopology(masters);
    if (isEnough(before, after, round)) return names;
    await connection.refresh();
  }
  throw new RedisReason(
    "the cluster is not whole: some of its slots have no master, or keep moving",
  );
}

/** A name escapes a round only by moving in it, and a part that moves does so once. */
function isEnough(before: RedisTopology, after: RedisTopology, round: number): boolean {
  if (!after.isComplete || before.text !== after.text) return false;
  return !after.isMoving || round >= 2;
}

async function scan(
  master: Redis,
  { pattern, batch, textsOnly = false }: RedisSweepRequest,
  names: Set<string>,
): Promise<void> {
  const closes = closesOf(master);
  const before = closes.count;
  let cursor = "0";
  do {
    const [next, found] = textsOnly
      ? await master.scanBuffer(cursor, "MATCH", pattern, "COUNT", batch, "TYPE", "string")
      : await master.scanBuffer(cursor, "MATCH", pattern, "COUNT", batch);
    // A cursor means nothing to another server, or to the same one restarted.
    if (closes.count !== before) {
      throw new RedisReason("the connection was lost while the table was read");
    }
    for (const name of found) names.add(name.toString("latin1"));
    cursor = String(next);
  } while (cursor !== "0");
}

/** How often a connection was lost so far, counted by one listener however many sweeps there are. */
function closesOf(master: Redis): { readonly count: number } {
  const known = counters.get(master);
  if (known !== undefined) return known;
  const counter = { count: 0 };
  master.on("close", () => counter.count++);
  counters.set(master, counter);
  return counter;
}

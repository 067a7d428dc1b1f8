import { Buffer } from "node:buffer";
import type { Redis } from "ioredis";
import { inTurns } from "../../../contract/next_turn.ts";
import type { RedisConnection } from "../connection.ts";
import { Reason } from "../../reason.ts";
import { readRedisTopology, type RedisTopology } from "./topology.ts";

/** Maximum number of scans of a database that keeps changing. */
const MAX_ROUNDS = 6;

const counters = new WeakMap<Redis, { readonly count: number }>();

/** Options of {@linkcode sweepRedis}. */
export interface RedisSweepRequest {
  /** A glob. */
  readonly pattern: string;
  /** Number of names that one command visits. */
  readonly batch: number;
  /** Whether to ignore values that are not strings. */
  readonly textsOnly?: boolean;
  /**
   * Gets the bytes of names as they are found. It processes them while the server searches for the
   * next ones, and finishes before it gets those. So only the names of two commands are held, with
   * the data that belongs to them.
   */
  readonly take: (names: readonly Buffer[]) => void | Promise<void>;
}

/**
 * Finds matching names in the database, in no order. A name may be found more than once.
 *
 * The result includes every name that exists throughout the sweep, even if its slot moves to
 * another master in the meantime: then all masters are scanned again.
 *
 * @throws {Reason} if a slot of the cluster has no master, or a connection was restored
 */
export async function sweepRedis(
  connection: RedisConnection,
  request: RedisSweepRequest,
): Promise<void> {
  if (connection.kind === "cluster") return await sweepCluster(connection, request);
  await Promise.all(connection.masters().map((master) => scan(master, request)));
}

/** Passes the names on when all were found: each once, however often the masters are scanned. */
async function sweepCluster(
  connection: RedisConnection,
  request: RedisSweepRequest,
): Promise<void> {
  const names = new Set<string>();
  const take = (found: readonly Buffer[]) => {
    for (const name of found) names.add(name.toString("latin1"));
  };
  for (let round = 1; round <= MAX_ROUNDS; round++) {
    const masters = connection.masters();
    const before = await readRedisTopology(masters);
    await Promise.all(masters.map((master) => scan(master, { ...request, take })));
    const after = await readRedisTopology(masters);
    if (isEnough(before, after, round)) {
      const found: Buffer[] = [];
      await inTurns(names, (name) => void found.push(Buffer.from(name, "latin1")));
      return await request.take(found);
    }
    await connection.refresh();
  }
  throw new Reason(
    "the cluster is incomplete: some of its slots have no master, or keep moving",
  );
}

/** A scan misses a name only if its slot moves during the scan, and a slot moves once. */
function isEnough(before: RedisTopology, after: RedisTopology, round: number): boolean {
  if (!after.isComplete || before.text !== after.text) return false;
  return !after.isMoving || round >= 2;
}

/** The names that one command found, and the cursor of the next one; "0" is the end. */
interface Found {
  readonly cursor: string;
  readonly names: readonly Buffer[];
}

async function scan(master: Redis, request: RedisSweepRequest): Promise<void> {
  const closes = closesOf(master);
  const before = closes.count;
  const next = async (cursor: string) => {
    const found = await visit(master, cursor, request);
    // A cursor is invalid on another server, and on the same one after a restart.
    if (closes.count === before) return found;
    throw new Reason("the connection was lost while the table was read");
  };
  let found = await next("0");
  while (found.cursor !== "0") {
    [found] = await Promise.all([next(found.cursor), request.take(found.names)]);
  }
  await request.take(found.names);
}

async function visit(
  master: Redis,
  from: string,
  { pattern, batch, textsOnly = false }: RedisSweepRequest,
): Promise<Found> {
  const [cursor, names] = textsOnly
    ? await master.scanBuffer(from, "MATCH", pattern, "COUNT", batch, "TYPE", "string")
    : await master.scanBuffer(from, "MATCH", pattern, "COUNT", batch);
  return { cursor: String(cursor), names };
}

/** Number of lost connections so far, counted by one listener for all sweeps. */
function closesOf(master: Redis): { readonly count: number } {
  const known = counters.get(master);
  if (known !== undefined) return known;
  const counter = { count: 0 };
  master.on("close", () => counter.count++);
  counters.set(master, counter);
  return counter;
}

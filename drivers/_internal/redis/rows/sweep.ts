import { Buffer } from "node:buffer";
import type { Redis } from "ioredis";
import { inTurns } from "../../../contract/next_turn.ts";
import type { RedisConnection } from "../connection.ts";
import { Reason } from "../../reason.ts";
import { readRedisTopology, type RedisTopology } from "./topology.ts";

/** How often a database is gone through before one that keeps changing is given up. */
const MAX_ROUNDS = 6;

const counters = new WeakMap<Redis, { readonly count: number }>();

/** Which names are wanted, and where to. */
export interface RedisSweepRequest {
  /** A glob. */
  readonly pattern: string;
  /** How many names one command visits. */
  readonly batch: number;
  /** Leaves out what is not a text. */
  readonly textsOnly?: boolean;
  /**
   * Told the bytes of names as they are found. What it does with them is done while the server
   * looks for the next, and is over before those are handed on: the names of two commands, and what
   * belongs to them, are all that is held.
   */
  readonly take: (names: readonly Buffer[]) => void | Promise<void>;
}

/**
 * Finds the names in the database that match, in no order. A name may be found more than once.
 *
 * A name that is there all the time is among them, also when its part of a cluster moves to another
 * master meanwhile: then the masters are gone through again.
 *
 * @throws {Reason} when a part of the cluster has no master, or a connection was remade
 */
export async function sweepRedis(
  connection: RedisConnection,
  request: RedisSweepRequest,
): Promise<void> {
  if (connection.kind === "cluster") return await sweepCluster(connection, request);
  await Promise.all(connection.masters().map((master) => scan(master, request)));
}

/** Hands the names on when all are found: each once, however often the masters are gone through. */
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
    "the cluster is not whole: some of its slots have no master, or keep moving",
  );
}

/** A name escapes a round only by moving in it, and a part that moves does so once. */
function isEnough(before: RedisTopology, after: RedisTopology, round: number): boolean {
  if (!after.isComplete || before.text !== after.text) return false;
  return !after.isMoving || round >= 2;
}

/** The names that one command found, and where the next goes on; "0" is the end. */
interface Found {
  readonly cursor: string;
  readonly names: readonly Buffer[];
}

async function scan(master: Redis, request: RedisSweepRequest): Promise<void> {
  const closes = closesOf(master);
  const before = closes.count;
  const next = async (cursor: string) => {
    const found = await visit(master, cursor, request);
    // A cursor means nothing to another server, or to the same one restarted.
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

/** How often a connection was lost so far, counted by one listener however many sweeps there are. */
function closesOf(master: Redis): { readonly count: number } {
  const known = counters.get(master);
  if (known !== undefined) return known;
  const counter = { count: 0 };
  master.on("close", () => counter.count++);
  counters.set(master, counter);
  return counter;
}

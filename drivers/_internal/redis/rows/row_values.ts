import type { Buffer } from "node:buffer";
import { inTurns } from "../../../contract/next_turn.ts";
import type { RedisConnection } from "../connection.ts";
import { type RedisRowName, redisTagOf } from "./row_names.ts";

/**
 * Maximum number of rows in one reply: a larger one would block all other work for more than 2 ms.
 */
const MAX_ROWS_AT_ONCE = 250;

/** Options of {@linkcode readRedisValues}. */
export interface RedisValuesRequest {
  /** Number of rows that are fetched at a time. */
  readonly batch: number;
  /** Gets the bytes of each row; null if it is gone, or not a string. */
  readonly take: (row: RedisRowName, value: Buffer | null) => void;
}

/**
 * Reads the values of rows, at most `batch` at a time, and passes each on as soon as it arrives, so
 * that its bytes are not kept. If one command can only read from one slot of a cluster, the
 * commands of a batch are sent together and cost one round trip.
 */
export async function readRedisValues(
  connection: RedisConnection,
  rows: readonly RedisRowName[],
  { batch, take }: RedisValuesRequest,
): Promise<void> {
  const size = Math.min(batch, MAX_ROWS_AT_ONCE);
  const groups = connection.kind === "cluster" ? await groupsByTag(rows, size) : chunks(rows, size);
  for (const wave of waves(groups, size)) {
    await Promise.all(wave.map((group) => readGroup(connection, group, take)));
  }
}

async function readGroup(
  { client }: RedisConnection,
  rows: readonly RedisRowName[],
  take: RedisValuesRequest["take"],
): Promise<void> {
  const names = rows.map(({ name }) => name);
  const values = await client.mgetBuffer(names).catch((thrown: unknown) => {
    // While a slot moves, one command cannot read rows at both places. ioredis retries on random
    // servers until it gives up, so its last reply may be any redirection.
    if (!/TRYAGAIN|Too many Cluster redirections/.test(String(thrown))) throw thrown;
    return Promise.all(names.map(async (name) => (await client.mgetBuffer([name]))[0] ?? null));
  });
  await inTurns(rows.entries(), ([at, row]) => take(row, values[at] ?? null));
}

async function groupsByTag(
  rows: readonly RedisRowName[],
  batch: number,
): Promise<RedisRowName[][]> {
  const groups = new Map<string, RedisRowName[]>();
  await inTurns(rows, (row) => {
    const tag = redisTagOf(row.name);
    const group = groups.get(tag);
    if (group === undefined) groups.set(tag, [row]);
    else group.push(row);
  });
  return [...groups.values()].flatMap((group) => chunks(group, batch));
}

function chunks(rows: readonly RedisRowName[], size: number): RedisRowName[][] {
  const count = Math.ceil(rows.length / size);
  return Array.from({ length: count }, (_, at) => rows.slice(at * size, (at + 1) * size));
}

/** Groups of at most `batch` rows in total, or a single larger one. */
function waves(groups: readonly RedisRowName[][], batch: number): RedisRowName[][][] {
  const waves: RedisRowName[][][] = [];
  let room = 0;
  for (const group of groups) {
    if (group.length > room || waves.length === 0) {
      waves.push([]);
      room = batch;
    }
    waves.at(-1)?.push(group);
    room -= group.length;
  }
  return waves;
}

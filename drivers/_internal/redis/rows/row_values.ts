import type { Buffer } from "node:buffer";
import { inTurns } from "../../../contract/next_turn.ts";
import type { RedisConnection } from "../connection.ts";
import { type RedisRowName, redisTagOf } from "./row_names.ts";

/** In one reply: to take in a larger one keeps everything else waiting for more than 2 ms. */
const MAX_ROWS_AT_ONCE = 250;

/** How values are fetched, and where to. */
export interface RedisValuesRequest {
  /** How many rows are fetched at a time. */
  readonly batch: number;
  /** Told the bytes of each row; null when it is gone, or is no text. */
  readonly take: (row: RedisRowName, value: Buffer | null) => void;
}

/**
 * The values of rows, at most `batch` at a time, each handed on as soon as it is there: nothing
 * holds its bytes any longer. Where one command may fetch from one part of a cluster only, the
 * commands of a batch are sent together and cost one wait.
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
    // Of a part that moves, one command cannot have some rows here and some there. ioredis tries
    // that on servers at random until it gives up, so that the last answer may be any redirection.
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

/** Groups that together hold at most `batch` rows, or a single one that does. */
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

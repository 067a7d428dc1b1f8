import type { Buffer } from "node:buffer";
import type { RedisConnection } from "../connection.ts";
import { redisTagOf } from "./row_names.ts";

/** Octets by name; names that are gone, or are no text, are missing. */
export type RedisValues = ReadonlyMap<string, Buffer>;

/**
 * The values of rows, at most `batch` at a time. Where one command may fetch from one part of a
 * cluster only, the commands of a batch are sent together and cost one wait.
 */
export async function readRedisValues(
  connection: RedisConnection,
  names: readonly string[],
  batch: number,
): Promise<RedisValues> {
  const values = new Map<string, Buffer>();
  const groups = connection.kind === "cluster" ? groupsByTag(names, batch) : chunks(names, batch);
  for (const wave of waves(groups, batch)) {
    await Promise.all(wave.map((group) => readGroup(connection, group, values)));
  }
  return values;
}

async function readGroup(
  { client }: RedisConnection,
  names: readonly string[],
  values: Map<string, Buffer>,
): Promise<void> {
  const found = await client.mgetBuffer([...names]).catch((thrown: unknown) => {
    // Of a part that moves, one command cannot have some rows here and some there. ioredis tries
    // that on servers at random until it gives up, so that the last answer may be any redirection.
    if (!/TRYAGAIN|Too many Cluster redirections/.test(String(thrown))) throw thrown;
    return Promise.all(names.map(async (name) => (await client.mgetBuffer([name]))[0] ?? null));
  });
  names.forEach((name, at) => {
    const value = found[at];
    if (value !== undefined && value !== null) values.set(name, value);
  });
}

function groupsByTag(names: readonly string[], batch: number): string[][] {
  const groups = Map.groupBy(names, redisTagOf);
  return [...groups.values()].flatMap((group) => chunks(group, batch));
}

function chunks(names: readonly string[], size: number): string[][] {
  const count = Math.ceil(names.length / size);
  return Array.from({ length: count }, (_, at) => names.slice(at * size, (at + 1) * size));
}

/** Groups that together hold at most `batch` names, or a single one that does. */
function waves(groups: readonly string[][], batch: number): string[][][] {
  const waves: string[][][] = [];
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

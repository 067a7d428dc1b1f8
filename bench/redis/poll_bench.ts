import type { NbDbDriver } from "../../drivers/contract/db.ts";
import { silentLogger } from "../../drivers/contract/logger.ts";
import { openRedisDb } from "../../drivers/db/redis.ts";
import { type RedisServer, total } from "./server.ts";
import { benchSettings, serverSetting } from "./settings.ts";

/** The size of the poll measurement. */
export interface PollEffort {
  readonly rounds: number;
  readonly rows: number;
}

/** One way of reading the table, round by round. */
export interface PollFigures {
  readonly elapsedMs: number[];
  readonly commands: number[];
}

/** The driver, and the bare commands. */
export interface PollComparison {
  readonly driver: PollFigures;
  readonly raw: PollFigures;
}

const TABLE = "lport";
const TOPIC = "D";
const VALUE = JSON.stringify({ ips: ["10.0.0.1"], mtu: 1450, filling: "x".repeat(200) });
/** The default of the driver's option `scan_batch`. */
const BATCH = 1_000;

/** Reads a table as its monitor does, and by the bare commands, after one warm-up of each. */
export async function measurePolls(
  server: RedisServer,
  { rounds, rows }: PollEffort,
): Promise<PollComparison> {
  const settings = await benchSettings([serverSetting(server.port)]);
  await using db = await openRedisDb({ settings, log: silentLogger });
  await fill(db, rows);
  const ways = [
    { figures: emptyFigures(), read: async () => (await db.entries(TABLE)).length },
    { figures: emptyFigures(), read: () => readRaw(server) },
  ] as const;
  for (let round = 0; round <= rounds; round++) {
    for (const { figures, read } of ways) await measure(server, read, { figures, round, rows });
  }
  return { driver: ways[0].figures, raw: ways[1].figures };
}

async function fill(db: NbDbDriver, rows: number): Promise<void> {
  const keys = Array.from({ length: rows }, (_, index) => `port-${index}`);
  await Promise.all(keys.map((key) => db.create(TABLE, key, VALUE, { topic: TOPIC })));
}

/**
 * Reads a table by bare commands: one connection and one command at a time, with no name parsed, no
 * value decoded, and nothing sorted or kept. Names are texts, which the client sends at half the
 * cost of bytes.
 */
export async function readRaw({ client }: RedisServer, table = TABLE): Promise<number> {
  let values = 0;
  let cursor = "0";
  do {
    const [next, names] = await client.scan(cursor, "MATCH", `{${table}.*}*`, "COUNT", BATCH);
    if (names.length > 0) values += (await client.mgetBuffer(names)).length;
    cursor = next;
  } while (cursor !== "0");
  return values;
}

async function measure(
  server: RedisServer,
  read: () => Promise<number>,
  { figures, round, rows }: { figures: PollFigures; round: number; rows: number },
): Promise<void> {
  await server.resetCounts();
  const start = performance.now();
  const found = await read();
  const elapsed = performance.now() - start;
  if (found !== rows) throw new Error(`Table of ${rows} rows: ${found} were read, wanted all`);
  if (round === 0) return;
  figures.elapsedMs.push(elapsed);
  figures.commands.push(total(await server.counts()));
}

function emptyFigures(): PollFigures {
  return { elapsedMs: [], commands: [] };
}

import { DatabaseSync } from "node:sqlite";
import type { NbDbDriver } from "../drivers/contract/db.ts";
import { silentLogger } from "../drivers/contract/logger.ts";
import * as registry from "../drivers/registry.ts";
import { systemClock } from "../service/base/clock.ts";
import { TableMonitor } from "../service/publishers/table_monitor.ts";
import { readRaw } from "./redis/poll_bench.ts";
import { RedisServer } from "./redis/server.ts";
import { benchSettings, serverSetting } from "./redis/settings.ts";
import { rowOf, type RowSpec, type Section } from "./report.ts";
import { timed } from "./samples.ts";

/** The size of the table monitor measurement. */
export interface TableEffort {
  readonly rounds: number;
  /** Two table sizes, the second ten times the first. */
  readonly rows: readonly [number, number];
}

/** A database, and the fastest way to read all rows of one of its tables. */
interface Engine {
  readonly name: string;
  readonly scanName: string;
  readonly db: NbDbDriver;
  readonly scan: (table: string) => Promise<number>;
}

/** Milliseconds, round by round. */
interface Figures {
  /** With one row in a hundred changed. */
  readonly poll: number[];
  /** With ten times as many rows changed. */
  readonly pollOfMany: number[];
  readonly scan: number[];
}

/** Bytes of each row. */
export const VALUE = JSON.stringify({ ips: ["10.0.0.1"], mtu: 1450, filling: "x".repeat(200) });
const TOPIC = "D";
const SHARE = 0.01;

/** Polls of a table monitor compared with one bare reading of the same table. */
export async function measureTables(directory: string, effort: TableEffort): Promise<Section> {
  const specs: RowSpec[] = [];
  await using server = await RedisServer.start(directory);
  await using sqlite = await openSqlite(`${directory}/tables.sqlite`);
  await using redis = await openRedis(server);
  for (const engine of [sqlite.engine, redis.engine]) {
    const figures = [];
    for (const rows of effort.rows) figures.push(await measureTable(engine, rows, effort.rounds));
    specs.push(...specsOf(engine, effort, figures));
  }
  const title = `One poll of a table monitor, 1 % of the rows changed
median (min..max) of ${effort.rounds} interleaved rounds`;
  return { title, rows: specs.map(rowOf) };
}

async function openSqlite(path: string) {
  const settings = await benchSettings([`df.sqlite_path=${path}`]);
  const db = await registry.loadDbDriver("sqlite_nb_db_driver", { settings, log: silentLogger });
  const bare = new DatabaseSync(path);
  const all = bare.prepare("SELECT key, value, topic FROM northbound WHERE table_name = ?");
  const engine: Engine = {
    name: "sqlite",
    scanName: "SELECT of all rows",
    db,
    scan: (table) => Promise.resolve(all.all(table).length),
  };
  const close = async () => {
    bare.close();
    await db[Symbol.asyncDispose]();
  };
  return { engine, [Symbol.asyncDispose]: close };
}

async function openRedis(server: RedisServer) {
  const settings = await benchSettings([serverSetting(server.port)]);
  const db = await registry.loadDbDriver("redis_nb_db_driver", { settings, log: silentLogger });
  const engine: Engine = {
    name: "Redis",
    scanName: "bare SCAN and MGET",
    db,
    scan: (table) => readRaw(server, table),
  };
  return { engine, [Symbol.asyncDispose]: () => db[Symbol.asyncDispose]() };
}

async function measureTable(engine: Engine, rows: number, rounds: number): Promise<Figures> {
  const { db, scan } = engine;
  const table = `lport${rows}`;
  await writeRows(rows, (key) => db.create(table, key, VALUE, { topic: TOPIC }));
  const monitor = new TableMonitor(db, table, {
    ...{ pollMs: 1_000, announceExisting: false, publish: () => {} },
    ...{ clock: systemClock, log: silentLogger, pace: { rows, pauseMs: 0 } },
  });
  await monitor.poll();
  const figures: Figures = { poll: [], pollOfMany: [], scan: [] };
  for (let round = 0; round <= rounds; round++) {
    const change = (share: number) =>
      writeRows(rows * share, (key) => {
        const value = VALUE.replace("1450", `${round}${share}`);
        return db.set(table, key, value, { topic: TOPIC });
      });
    await change(SHARE);
    const poll = await timed(() => monitor.poll());
    const read = await timed(() => scan(table));
    await change(10 * SHARE);
    const pollOfMany = await timed(() => monitor.poll());
    if (round === 0) continue;
    figures.poll.push(poll);
    figures.scan.push(read);
    figures.pollOfMany.push(pollOfMany);
  }
  if (monitor.counters.failed > 0) throw new Error(`Polls of ${engine.name} failed`);
  // Redis scans the names of all tables to find the names of one.
  await writeRows(rows, (key) => db.delete(table, key, { topic: TOPIC }));
  return figures;
}

/** Writes or deletes the first rows, some hundreds at a time. */
export async function writeRows(count: number, one: (key: string) => Promise<void>): Promise<void> {
  const keys = Array.from({ length: count }, (_, index) => `port-${index}`);
  for (let at = 0; at < count; at += 500) await Promise.all(keys.slice(at, at + 500).map(one));
}

function specsOf({ name, scanName }: Engine, effort: TableEffort, all: Figures[]): RowSpec[] {
  const [few, many] = all;
  if (few === undefined || many === undefined) return [];
  const polls = all.map(({ poll, scan }, index): RowSpec => ({
    what: `${name}, ${(effort.rows[index] ?? 0).toLocaleString("en")} rows`,
    unit: "ms",
    ours: poll,
    peer: [scanName, scan],
    wanted: { maxRatio: 2 },
  }));
  return [
    ...polls,
    {
      what: `${name}, ten times the rows`,
      unit: "ms",
      ours: many.poll,
      peer: ["ten polls of the tenth", few.poll.map((ms) => 10 * ms)],
      wanted: { maxRatio: 1.2 },
    },
    {
      what: `${name}, 10 % of the rows changed`,
      unit: "ms",
      ours: many.pollOfMany,
      peer: ["1 % of them", many.poll],
      wanted: { maxRatio: 1.2 },
    },
  ];
}

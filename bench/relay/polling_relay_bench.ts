import { mkdir } from "node:fs/promises";
import type { NbDbDriver } from "../../drivers/contract/db.ts";
import { silentLogger } from "../../drivers/contract/logger.ts";
import * as registry from "../../drivers/registry.ts";
import { Load } from "../load.ts";
import type { NativePrograms } from "../native.ts";
import { RedisServer } from "../redis/server.ts";
import { benchSettings, serverSetting } from "../redis/settings.ts";
import type { Pace } from "./relay_bench.ts";
import { LOAD } from "./relay_section.ts";
import { rowOf, type RowSpec, type Section } from "../report.ts";
import { type RunningRelay, startServe } from "./running_relay.ts";
import { VALUE, writeRows } from "../table_bench.ts";

/** The size of the measurement of a relay next to a table monitor. */
export interface PollingRelayEffort {
  readonly rounds: number;
  readonly warmUpEvents: number;
  /** Rows of the table. */
  readonly rows: number;
  readonly pace: Pace;
}

const DATABASES = [["SQLite", "sqlite_nb_db_driver"], ["Redis", "redis_nb_db_driver"]] as const;
const TABLE = "lport";
/** The pause between two polls. */
const POLL_SECONDS = 0.5;
/**
 * The interval at which a row changes. Without a change the monitor would not read SQLite's table.
 */
const CHANGE_MS = 200;
/** Time for the first poll after monitoring starts. */
const SETTLE_MS = 3_000;
const RELOAD_TIMEOUT_MS = 10_000;

/**
 * The relay of a `serve` that polls a large table, compared with the same relay without polling.
 */
export async function measurePollingRelay(
  directory: string,
  programs: NativePrograms,
  effort: PollingRelayEffort,
): Promise<Section> {
  await using server = await RedisServer.start(directory);
  const specs: RowSpec[] = [];
  for (const [name, driver] of DATABASES) {
    const own = `${directory}/${name}`;
    await mkdir(own);
    const settings = [
      `df.nb_db_class=${driver}`,
      `df.sqlite_path=${own}/nb.sqlite`,
      "df.table_monitor_announce_existing=false",
      serverSetting(server.port),
    ];
    const context = { settings: await benchSettings(settings), log: silentLogger };
    await using db = await registry.loadDbDriver(driver, context);
    await writeRows(effort.rows, (key) => db.create(TABLE, key, VALUE));
    const { polling, idle } = await measureDatabase(own, { programs, db, settings, effort });
    specs.push({
      what: `latency p99, a table of ${effort.rows.toLocaleString("en")} rows in ${name}`,
      unit: "ms",
      ours: polling,
      peer: ["without polls", idle],
      wanted: { maxRatio: 2 },
    });
  }
  const { rounds, pace: { events, rate } } = effort;
  const title = `The relay of a serve while it polls a table, ${POLL_SECONDS} s between two polls
${LOAD.eventBytes}-byte events; median (min..max) of ${rounds} interleaved rounds of ${events} \
events at ${rate}/s; none was lost`;
  return { title, rows: specs.map(rowOf) };
}

/** 99th percentiles in milliseconds, round by round. */
interface Figures {
  readonly polling: number[];
  readonly idle: number[];
}

interface DatabaseOptions {
  readonly programs: NativePrograms;
  readonly db: NbDbDriver;
  /** Flags of `serve`. */
  readonly settings: readonly string[];
  readonly effort: PollingRelayEffort;
}

async function measureDatabase(
  directory: string,
  { programs, db, settings, effort: { rounds, warmUpEvents, pace } }: DatabaseOptions,
): Promise<Figures> {
  await using open = new AsyncDisposableStack();
  const file = `${directory}/monitors.conf`;
  await writeTables(file, "");
  const flags = ["--config-file", file, ...settings.flatMap((setting) => ["--set", setting])];
  const relay = await startServe(directory, LOAD.highWaterMark, { flags });
  open.use(relay.child);
  const load = open.use(await Load.start(programs.load, relay, LOAD));
  await load.run(warmUpEvents, 0);
  const figures: Figures = { polling: [], idle: [] };
  for (let round = 0; round <= rounds; round++) {
    for (const [tables, p99s] of [["", figures.idle], [TABLE, figures.polling]] as const) {
      await monitor(relay, file, tables);
      const changing = setInterval(() => void change(db), CHANGE_MS);
      await new Promise((resolve) => setTimeout(resolve, SETTLE_MS));
      const { p99Ms } = await load.run(pace.events, pace.rate);
      clearInterval(changing);
      if (round > 0) p99s.push(p99Ms);
    }
  }
  return figures;
}

/** Makes the service poll exactly these tables from now on. */
async function monitor({ child }: RunningRelay, file: string, tables: string): Promise<void> {
  await writeTables(file, tables);
  Deno.kill(child.pid, "SIGHUP");
  await child.line(/^reloaded: /, RELOAD_TIMEOUT_MS);
}

function writeTables(file: string, tables: string): Promise<void> {
  const lines = ["[df]", `monitor_table_poll_time = ${POLL_SECONDS}`, `monitor_tables = ${tables}`];
  return Deno.writeTextFile(file, `${lines.join("\n")}\n`);
}

function change(db: NbDbDriver): Promise<void> {
  return db.set(TABLE, "port-0", VALUE.replace("1450", `${Date.now()}`));
}

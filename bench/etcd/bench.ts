import { silentLogger } from "../../drivers/contract/logger.ts";
import { Child } from "../child.ts";
import { BATCH, EtcdBus, EVENT_BYTES } from "./bus_bench.ts";
import { EtcdServer } from "./server.ts";
import { EtcdTable } from "./table_bench.ts";
import { memoryOf } from "../process_stats.ts";
import { bundledProgram } from "../program.ts";
import { RawEtcd } from "./raw_etcd.ts";
import { benchSettings } from "../redis/settings.ts";
import { rowOf, type RowSpec, type Section } from "../report.ts";
import { serveFlags } from "../relay/running_relay.ts";

const START_TIMEOUT_MS = 20_000;

/** The size of the measurements on etcd. */
export interface EtcdEffort {
  readonly rounds: number;
  /** Events one after the other, per round. */
  readonly events: number;
  /** Transactions of 128 puts, per round. */
  readonly batches: number;
  /** Rows of the table. */
  readonly rows: number;
  readonly idleSeconds: number;
}

/** Measures the bus and the database on etcd beside a bare client, in the same rounds. */
export async function measureEtcd(directory: string, effort: EtcdEffort): Promise<Section> {
  await using server = await EtcdServer.start(directory);
  const contextWith = async (...overrides: string[]) => {
    const hosts = `df.remote_db_hosts=${server.address}`;
    return { settings: await benchSettings([hosts, ...overrides]), log: silentLogger };
  };
  const context = await contextWith();
  const plain = await contextWith("df_etcd.burst=0");
  const raw = new RawEtcd(server.address);
  await using bus = await EtcdBus.open({ context, plain, raw });
  await using table = await EtcdTable.open(context, raw, effort.rows);
  for (let round = 0; round <= effort.rounds; round++) {
    await bus.publishOneByOne(effort.events);
    await bus.publishBatches(effort.batches);
    await bus.receive(effort.events);
    await table.read();
    if (round === 0) { for (const each of [bus, table]) each.reset(); }
  }
  const idle = await idleMegabytes(directory, server.address, effort);
  const title = `df-pubsub on ${server.description}, beside a bare client by fetch
${EVENT_BYTES}-byte events; median (min..max) of ${effort.rounds} interleaved rounds of \
${effort.events} events one by one and ${effort.batches} batches of ${BATCH}`;
  return { title, rows: [...bus.rows(), ...table.rows(), ...idleRows(idle)].map(rowOf) };
}

/** Memory of `serve` as its bundle, with etcd as its bus and its database. */
async function idleMegabytes(
  directory: string,
  address: string,
  { rounds, idleSeconds }: EtcdEffort,
): Promise<number[]> {
  const flags = [
    "df.pub_sub_driver=etcd_pubsub_driver",
    "df.nb_db_class=etcd_nb_db_driver",
    `df.remote_db_hosts=${address}`,
  ].flatMap((setting) => ["--set", setting]);
  const program = await bundledProgram(directory);
  const [command, ...first] = program.command;
  const args = [...first, "serve", ...serveFlags(directory, 10_000), ...flags];
  const start = async () => {
    const relay = new Child(command, args, { read: "stderr" });
    await relay.line(/^READY$/, START_TIMEOUT_MS);
    return relay;
  };
  // Deno parses files that it has not seen before; the executable never does.
  await (await start())[Symbol.asyncDispose]();
  await using relay = await start();
  const samples: number[] = [];
  for (let round = 0; round < rounds; round++) {
    await new Promise((resolve) => setTimeout(resolve, idleSeconds * 1_000));
    samples.push((await memoryOf(relay.pid)).resident / 1e6);
  }
  return samples;
}

function idleRows(ours: readonly number[]): RowSpec[] {
  return [{ what: "serve, resident, idle", unit: "MB", ours, wanted: { max: 70 } }];
}

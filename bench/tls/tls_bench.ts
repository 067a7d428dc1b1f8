import { fileURLToPath } from "node:url";
import { Child } from "../child.ts";
import { EVENT_BYTES } from "../crowd.ts";
import type { NativePrograms } from "../native.ts";
import { Source } from "../native_ends.ts";
import { cpuSeconds } from "../process_stats.ts";
import { rowOf, type Section } from "../report.ts";
import { startServe } from "../relay/running_relay.ts";
import { tlsSettings } from "./tls_certificates.ts";

const NODES = fileURLToPath(new URL("tls_nodes.ts", import.meta.url));
const START_MS = 60_000;
/** More than the events of a round, so that no node skips events. */
const MARK = 400_000;
const LOG = "df_zmq.wire_log_bytes=134217728";
/** Events per second while nodes connect again. */
const LIVE_RATE = 100;

/** The size of the measurement of TLS. */
export interface TlsEffort {
  readonly rounds: number;
  /** Rounds in which events are sent as fast as possible to one node. */
  readonly floodRounds: number;
  readonly floodEvents: number;
  /** Sent at 1,000 per second. */
  readonly events: number;
  readonly subscribers: number;
  /** How many nodes connect again at once. */
  readonly returning: number;
}

/** A service with nodes of ours, with TLS or without. */
class Fleet implements AsyncDisposable {
  readonly #pid: number;
  readonly source: Source;
  readonly #nodes: Child;
  readonly #open: AsyncDisposableStack;

  static async start(
    directory: string,
    settings: readonly string[],
    { count, programs }: { readonly count: number; readonly programs: NativePrograms },
  ): Promise<Fleet> {
    await using open = new AsyncDisposableStack();
    await Deno.mkdir(directory);
    // The last setting counts: the nodes connect to many addresses of the loopback.
    const bind = "df.publisher_bind_address=0.0.0.0";
    const flags = [...settings, bind, LOG].flatMap((setting) => ["--set", setting]);
    const { child, pushEndpoint, subscribeEndpoint } = await startServe(directory, MARK, { flags });
    open.use(child);
    const push = { programs, endpoint: pushEndpoint, highWaterMark: MARK };
    const source = open.use(await Source.start("push", EVENT_BYTES, push));
    const args = ["run", "-A", NODES, subscribeEndpoint, String(count), ...settings];
    const nodes = open.use(new Child(Deno.execPath(), args, { read: "stdout" }));
    await nodes.line(/^live$/, START_MS);
    return new Fleet(child.pid, source, nodes, open.move());
  }

  private constructor(pid: number, source: Source, nodes: Child, open: AsyncDisposableStack) {
    this.#pid = pid;
    this.source = source;
    this.#nodes = nodes;
    this.#open = open;
  }

  /** Returns the processor time of the service, in microseconds per event. */
  async run(events: number, rate: number): Promise<number> {
    await this.#nodes.write(String(events));
    await this.#nodes.line(/^ready$/, START_MS);
    const before = await cpuSeconds(this.#pid);
    await this.source.send(events, rate);
    await this.#nodes.line(/^done$/, START_MS);
    return (await cpuSeconds(this.#pid) - before) * 1e6 / events;
  }

  /** Makes all connections anew. Returns the seconds until every node is live. */
  async connectAgain(): Promise<number> {
    await this.#nodes.write("again");
    const again = this.#nodes.line(/^again ([\d.]+)$/, START_MS);
    let isOver = false;
    void again.finally(() => isOver = true).catch(() => {});
    while (!isOver) await this.source.send(LIVE_RATE / 10, LIVE_RATE);
    return Number((await again)[1]) / 1000;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#open.disposeAsync();
  }
}

/** `serve` with TLS, compared with `serve` without. */
export async function measureTls(
  directory: string,
  programs: NativePrograms,
  effort: TlsEffort,
): Promise<Section> {
  const { rounds, floodRounds, floodEvents, events, subscribers, returning } = effort;
  const modes = { tls: await tlsSettings(directory), plain: [] };
  const flood = { tls: [] as number[], plain: [] as number[] };
  const paced = { tls: [] as number[], plain: [] as number[] };
  const again = { tls: [] as number[], plain: [] as number[] };
  let places = 0;
  const measure = async (
    count: number,
    figures: typeof flood,
    run: (fleet: Fleet) => Promise<number>,
    times = rounds,
  ) => {
    await using open = new AsyncDisposableStack();
    const fleets = new Map<"tls" | "plain", Fleet>();
    for (const mode of ["tls", "plain"] as const) {
      const place = `${directory}/${mode}-${++places}`;
      fleets.set(mode, open.use(await Fleet.start(place, modes[mode], { count, programs })));
    }
    for (const fleet of fleets.values()) await run(fleet);
    for (let round = 0; round < times; round++) {
      for (const [mode, fleet] of fleets) figures[mode].push(await run(fleet));
    }
  };
  await measure(1, flood, (fleet) => fleet.run(floodEvents, 0), floodRounds);
  await measure(subscribers, paced, (fleet) => fleet.run(events, 1_000));
  await measure(returning, again, (fleet) => fleet.connectAgain());
  const title = `serve with TLS and without, nodes of ours in one process, on the loopback
${EVENT_BYTES}-byte events; median (min..max) of ${floodRounds} interleaved rounds of ${floodEvents} events \
as fast as possible, and of ${rounds} rounds of ${events} at 1,000/s`;
  const name = "without TLS";
  return {
    title,
    rows: [
      {
        what: "relay to one node, processor time",
        unit: "µs/event",
        ours: flood.tls,
        peer: [name, flood.plain] as const,
        wanted: { maxRatio: 1.1 },
      },
      {
        what: `fan-out to ${subscribers} nodes, processor time`,
        unit: "µs/event",
        ours: paced.tls,
        peer: [name, paced.plain] as const,
        wanted: { maxRatio: 1.3 },
      },
      {
        what: `${returning.toLocaleString("en")} nodes connect again at once`,
        unit: "s",
        ours: again.tls,
        peer: [name, again.plain] as const,
        wanted: { max: 5 },
      },
    ].map(rowOf),
  };
}

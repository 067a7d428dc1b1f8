import type { RedisEffort, RedisResults } from "./redis_bench.ts";
import { type BusFigures, PIPELINES } from "./redis_bus_bench.ts";
import type { PollComparison } from "./redis_poll_bench.ts";
import { aligned, spreadText } from "./report.ts";
import { type Spread, spread } from "./samples.ts";

/** A figure of ours, beside a peer's where there is one, and the promise it is held to. */
export interface RedisRow {
  readonly what: string;
  readonly unit: string;
  readonly ours: Spread;
  readonly peer?: Spread & { readonly name: string };
  /** Median of ours divided by that of the peer. */
  readonly ratio?: number;
  readonly wanted?: { readonly text: string; readonly isMet: boolean };
}

/** Everything that was measured. */
export interface RedisFigures {
  readonly buses: BusFigures;
  readonly polls: PollComparison;
  /** While that many events were relayed. */
  readonly registrationCommands: readonly number[];
  readonly effort: RedisEffort;
}

/** What a promise is about: the ratio to the peer, or the figure itself. */
type Wanted =
  | { readonly leastRatio: number }
  | { readonly least: number }
  | { readonly most: number };

interface RowSpec {
  readonly what: string;
  readonly unit: string;
  readonly ours: readonly number[];
  readonly peer?: readonly [name: string, values: readonly number[]];
  readonly wanted?: Wanted;
}

/** The report's rows, in its order. */
export function redisRows(figures: RedisFigures): RedisRow[] {
  const { buses, effort } = figures;
  return [
    ...publishSpecs(buses),
    ...receiveSpecs(buses),
    ...pollSpecs(figures.polls, effort),
    {
      what: `publishers table, ${effort.relayedEvents.toLocaleString("en")} events relayed`,
      unit: "commands",
      ours: figures.registrationCommands,
      wanted: { most: 10 },
    },
  ].map(row);
}

function publishSpecs(buses: BusFigures): RowSpec[] {
  const { publishChannels: channels, publishStreams: streams, nativePublish } = buses;
  const beside = PIPELINES.map((length): RowSpec => ({
    what: "publish, channels",
    unit: "events/s",
    ours: channels.eventsPerSecond,
    peer: [`redis-benchmark -P ${length}`, nativePublish.get(length) ?? []],
    wanted: { leastRatio: 0.6 },
  }));
  return [
    ...beside,
    {
      what: "publish, streams",
      unit: "events/s",
      ours: streams.eventsPerSecond,
      peer: ["our channels", channels.eventsPerSecond],
      wanted: { leastRatio: 0.5 },
    },
    {
      what: "publish, processor time",
      unit: "µs/event",
      ours: channels.cpuMicrosPerEvent,
    },
  ];
}

function receiveSpecs(buses: BusFigures): RowSpec[] {
  const { receiveChannels: channels, receiveStreams: streams, receivePlain: plain } = buses;
  return [
    {
      what: "receive, channels",
      unit: "events/s",
      ours: channels.eventsPerSecond,
      peer: ["ioredis, not decoding", plain.eventsPerSecond],
      wanted: { least: 100_000 },
    },
    {
      what: "receive, streams",
      unit: "events/s",
      ours: streams.eventsPerSecond,
      peer: ["our channels", channels.eventsPerSecond],
      wanted: { leastRatio: 0.5 },
    },
    {
      what: "receive, processor time",
      unit: "µs/event",
      ours: channels.cpuMicrosPerEvent,
      peer: ["ioredis, not decoding", plain.cpuMicrosPerEvent],
    },
  ];
}

function pollSpecs({ driver, raw }: PollComparison, { rows }: RedisEffort): RowSpec[] {
  const what = `poll of ${rows.toLocaleString("en")} rows`;
  const peer = "bare SCAN and MGET";
  return [
    { what, unit: "ms", ours: driver.elapsedMs, peer: [peer, raw.elapsedMs] },
    {
      what,
      unit: "commands",
      ours: driver.commands,
      peer: [peer, raw.commands],
      wanted: { most: 100 },
    },
  ];
}

function row({ what, unit, ours: values, peer: beside, wanted }: RowSpec): RedisRow {
  const ours = spread(values);
  const peer = beside === undefined ? undefined : { name: beside[0], ...spread(beside[1]) };
  const ratio = peer === undefined ? undefined : ours.median / peer.median;
  return {
    what,
    unit,
    ours,
    ...(peer === undefined ? {} : { peer }),
    ...(ratio === undefined ? {} : { ratio }),
    ...(wanted === undefined ? {} : { wanted: judge(wanted, ours.median, ratio ?? NaN) }),
  };
}

function judge(wanted: Wanted, median: number, ratio: number): NonNullable<RedisRow["wanted"]> {
  if ("leastRatio" in wanted) {
    const text = `ratio >= ${wanted.leastRatio.toFixed(2)}`;
    return { text, isMet: ratio >= wanted.leastRatio };
  }
  if ("least" in wanted) {
    return { text: `>= ${wanted.least.toLocaleString("en")}`, isMet: median >= wanted.least };
  }
  return { text: `<= ${wanted.most}`, isMet: median <= wanted.most };
}

/** The results as text: a heading of two lines and the table. */
export function redisText({ rows, effort, eventBytes, server }: RedisResults): string {
  const cells = rows.map(({ what, unit, ours, peer, ratio, wanted }) => [
    `${what} [${unit}]`,
    spreadText(ours),
    peer === undefined ? "" : spreadText(peer),
    ratio?.toFixed(2) ?? "",
    peer?.name ?? "",
    wanted === undefined ? "" : `${wanted.text}: ${wanted.isMet ? "met" : "MISSED"}`,
  ]);
  const heading = ["what", "df-pubsub", "peer", "ratio", "the peer is", "wanted"];
  return `df-pubsub on ${server}, Deno ${Deno.version.deno}
${eventBytes}-byte events; median (least..most) of ${effort.rounds} interleaved rounds of \
${effort.sentEvents} events sent, ${effort.heardEvents} received; none was lost

${aligned([heading, ...cells])}`;
}

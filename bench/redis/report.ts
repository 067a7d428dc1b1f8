import { type BusFigures, PIPELINES } from "./bus_bench.ts";
import type { PollComparison, PollEffort } from "./poll_bench.ts";
import type { RegistrationEffort } from "./registration_bench.ts";
import type { RedisRelayFigures } from "./relay_bench.ts";
import { type Row, rowOf, type RowSpec } from "../report.ts";

/** All Redis measurements. */
export interface RedisFigures {
  readonly buses: BusFigures;
  readonly relays: RedisRelayFigures;
  readonly polls: PollComparison;
  /** Number of events relayed during the count. */
  readonly registrationCommands: readonly number[];
  readonly effort: PollEffort & RegistrationEffort;
}

/** The rows of the report, in order. */
export function redisRows(figures: RedisFigures): Row[] {
  const { buses, effort } = figures;
  return [
    ...publishSpecs(buses),
    ...receiveSpecs(buses),
    ...relaySpecs(figures.relays),
    ...pollSpecs(figures.polls, effort),
    {
      what: `publishers table, ${effort.relayedEvents.toLocaleString("en")} events relayed`,
      unit: "commands",
      ours: figures.registrationCommands,
      wanted: { max: 10 },
    },
  ].map(rowOf);
}

function publishSpecs(buses: BusFigures): RowSpec[] {
  const { publishChannels: channels, publishStreams: streams, nativePublish } = buses;
  const beside = PIPELINES.map((length): RowSpec => ({
    what: "publish, channels",
    unit: "events/s",
    ours: channels.eventsPerSecond,
    peer: [`redis-benchmark -P ${length}`, nativePublish.get(length) ?? []],
    wanted: { minRatio: 0.6 },
  }));
  return [
    ...beside,
    {
      what: "publish, streams",
      unit: "events/s",
      ours: streams.eventsPerSecond,
      peer: ["our channels", channels.eventsPerSecond],
      wanted: { minRatio: 0.5 },
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
      wanted: { min: 100_000 },
    },
    {
      what: "receive, streams",
      unit: "events/s",
      ours: streams.eventsPerSecond,
      peer: ["our channels", channels.eventsPerSecond],
      wanted: { minRatio: 0.5 },
    },
    {
      what: "receive, processor time",
      unit: "µs/event",
      ours: channels.cpuMicrosPerEvent,
      peer: ["ioredis, not decoding", plain.cpuMicrosPerEvent],
    },
  ];
}

function relaySpecs({ relayChannels, relayStreams }: RedisRelayFigures): RowSpec[] {
  return [
    { what: "relay, channels", unit: "events/s", ours: relayChannels.eventsPerSecond },
    {
      what: "relay, channels, processor time",
      unit: "µs/event",
      ours: relayChannels.cpuMicrosPerEvent,
      wanted: { max: 4 },
    },
    { what: "relay, streams", unit: "events/s", ours: relayStreams.eventsPerSecond },
    {
      what: "relay, streams, processor time",
      unit: "µs/event",
      ours: relayStreams.cpuMicrosPerEvent,
    },
  ];
}

function pollSpecs({ driver, raw }: PollComparison, { rows }: PollEffort): RowSpec[] {
  const what = `poll of ${rows.toLocaleString("en")} rows`;
  const peer = "bare SCAN and MGET";
  return [
    { what, unit: "ms", ours: driver.elapsedMs, peer: [peer, raw.elapsedMs] },
    {
      what,
      unit: "commands",
      ours: driver.commands,
      peer: [peer, raw.commands],
      wanted: { max: 100 },
    },
  ];
}

import { PAYLOAD_FIELD, streamKey } from "../drivers/_internal/redis/stream/topic.ts";
import { redisBenchmark } from "./redis_benchmark.ts";
import { type EndRound, RedisEnd } from "./redis_end.ts";
import { benchEvent } from "./redis_event.ts";
import { feed } from "./redis_feed.ts";
import type { RedisServer } from "./redis_server.ts";

/** How much is measured of the buses. */
export interface BusEffort {
  readonly rounds: number;
  /** Per round, on every side that sends; a multiple of every pipeline. */
  readonly sentEvents: number;
  /**
   * Per round, on every side that receives, as fast as the server hands them out: a multiple of
   * 256, and no more than a subscriber's `receive_queue` holds, so that none is dropped.
   */
  readonly heardEvents: number;
}

/** Every measurement of one way of sending or receiving, round by round. */
export interface EndFigures {
  readonly eventsPerSecond: number[];
  readonly cpuMicrosPerEvent: number[];
}

/** The two drivers, each beside its peers. */
export interface BusFigures {
  readonly publishChannels: EndFigures;
  readonly publishStreams: EndFigures;
  readonly receiveChannels: EndFigures;
  readonly receiveStreams: EndFigures;
  /** `ioredis` alone on the same channel, which decodes nothing. */
  readonly receivePlain: EndFigures;
  /** Commands a second of `redis-benchmark`, by the length of its pipeline. */
  readonly nativePublish: ReadonlyMap<number, number[]>;
}

/** The bytes of every event. */
export const EVENT_BYTES = 250;

/**
 * The pipelines that publishing is measured against: one of a common length, and one as long as the
 * writes of the driver, which have 64 KiB.
 */
export const PIPELINES = [64, 256] as const;

const CHANNELS = "redis_db_pubsub_driver";
const STREAMS = "redis_stream_pubsub_driver";
/** What is published for its own sake has no subscriber, and goes elsewhere. */
const UNHEARD = "unheard";
const HEARD = "heard";
const HEARD_PLAIN = "heard-plain";

/** One thing that every round does. */
type Step = (effort: BusEffort) => Promise<void>;

/** What makes so many events. */
type Feed = (events: number) => Promise<void>;

/**
 * Measures both drivers beside their peers: every round does each of the steps once. One round of
 * all of them goes before that does not count.
 */
export async function measureBuses(server: RedisServer, effort: BusEffort): Promise<BusFigures> {
  await using open = new AsyncDisposableStack();
  const publisher = (driver: string) =>
    startEnd(open, "redis_publisher.ts", [server.port, driver, UNHEARD, EVENT_BYTES]);
  const subscriber = (driver: string) =>
    startEnd(open, "redis_subscriber.ts", [server.port, driver, HEARD]);
  const plain = await startEnd(open, "redis_plain_subscriber.ts", [server.port, HEARD_PLAIN]);
  const figures = noFigures();
  const steps = [
    sending(await publisher(CHANNELS), figures.publishChannels),
    ...PIPELINES.map((length) => nativeSending(server, length, figures.nativePublish)),
    sending(await publisher(STREAMS), figures.publishStreams),
    receiving(await subscriber(CHANNELS), figures.receiveChannels, channelFeed(server, HEARD)),
    receiving(plain, figures.receivePlain, channelFeed(server, HEARD_PLAIN)),
    receiving(await subscriber(STREAMS), figures.receiveStreams, streamFeed(server)),
  ];
  await interleave(steps, effort);
  return withoutWarmUp(figures);
}

async function interleave(steps: readonly Step[], effort: BusEffort): Promise<void> {
  for (let round = 0; round <= effort.rounds; round++) {
    for (const step of steps) await step(effort);
  }
}

async function startEnd(
  open: AsyncDisposableStack,
  script: string,
  args: readonly (string | number)[],
): Promise<RedisEnd> {
  return open.use(await RedisEnd.start(script, args.map(String)));
}

function sending(end: RedisEnd, figures: EndFigures): Step {
  return async ({ sentEvents }) => note(figures, await end.run(sentEvents));
}

function receiving(end: RedisEnd, figures: EndFigures, feed: Feed): Step {
  return async ({ heardEvents: events }) =>
    note(figures, await end.run(events, () => feed(events)));
}

function note(figures: EndFigures, { eventsPerSecond, cpuMicrosPerEvent }: EndRound): void {
  figures.eventsPerSecond.push(eventsPerSecond);
  figures.cpuMicrosPerEvent.push(cpuMicrosPerEvent);
}

function nativeSending(
  { port }: RedisServer,
  pipeline: number,
  rates: BusFigures["nativePublish"],
): Step {
  const load = { channel: UNHEARD, eventBytes: EVENT_BYTES, pipeline };
  return async ({ sentEvents: events }) => {
    rates.get(pipeline)?.push(await redisBenchmark(port, { ...load, events }));
  };
}

const payload = benchEvent(EVENT_BYTES);

function channelFeed({ port }: RedisServer, channel: string): Feed {
  return (events) => feed(port, ["PUBLISH", channel, payload], events);
}

/** The stream is not bounded, so that nothing is cut off; what the last round has read is. */
function streamFeed({ port, client }: RedisServer): Feed {
  const key = streamKey(HEARD);
  return async (events) => {
    await client.xtrim(key, "MAXLEN", 0);
    await feed(port, ["XADD", key, "*", PAYLOAD_FIELD, payload], events);
  };
}

function noFigures(): BusFigures {
  const none = (): EndFigures => ({ eventsPerSecond: [], cpuMicrosPerEvent: [] });
  return {
    publishChannels: none(),
    publishStreams: none(),
    receiveChannels: none(),
    receiveStreams: none(),
    receivePlain: none(),
    nativePublish: new Map(PIPELINES.map((length) => [length, []])),
  };
}

function withoutWarmUp({ nativePublish, ...ends }: BusFigures): BusFigures {
  for (const { eventsPerSecond, cpuMicrosPerEvent } of Object.values(ends)) {
    eventsPerSecond.shift();
    cpuMicrosPerEvent.shift();
  }
  for (const rates of nativePublish.values()) rates.shift();
  return { nativePublish, ...ends };
}

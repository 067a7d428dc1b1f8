import { PAYLOAD_FIELD, streamKey } from "../../drivers/_internal/redis/stream/topic.ts";
import { redisBenchmark } from "./benchmark.ts";
import { EndProcess, type EndRound } from "../end_process.ts";
import { benchEvent } from "./event.ts";
import { feed } from "./feed.ts";
import type { RedisServer } from "./server.ts";

/** The size of the bus measurements. */
export interface BusEffort {
  readonly rounds: number;
  /** Per round, for every sending side. A multiple of every pipeline. */
  readonly sentEvents: number;
  /**
   * Per round, for every receiving side, as fast as the server sends. A multiple of 256, and at
   * most a subscriber's `receive_queue`, so that no event is dropped.
   */
  readonly receivedEvents: number;
}

/** Every measurement of one way of sending or receiving, round by round. */
export interface EndFigures {
  readonly eventsPerSecond: number[];
  readonly cpuMicrosPerEvent: number[];
}

/** The two drivers, each with its peers. */
export interface BusFigures {
  readonly publishChannels: EndFigures;
  readonly publishStreams: EndFigures;
  readonly receiveChannels: EndFigures;
  readonly receiveStreams: EndFigures;
  /** `ioredis` alone on the same channel, without decoding. */
  readonly receivePlain: EndFigures;
  /** Commands per second of `redis-benchmark`, by pipeline length. */
  readonly nativePublish: ReadonlyMap<number, number[]>;
}

/** Bytes of every event. */
export const EVENT_BYTES = 250;

/**
 * The pipelines that publishing is compared with: one of a common length, and one as long as the
 * driver's writes of 64 KiB.
 */
export const PIPELINES = [64, 256] as const;

const CHANNELS = "redis_db_pubsub_driver";
const STREAMS = "redis_stream_pubsub_driver";
/** The publish measurements use their own topics, without subscribers. */
const PUBLISH_TOPIC = "publish";
const RECEIVE_TOPIC = "receive";
const PLAIN_TOPIC = "receive-plain";

/** One step of every round. */
type Step = (effort: BusEffort) => Promise<void>;

/** Produces `events` events. */
type Feed = (events: number) => Promise<void>;

/**
 * Measures both drivers and their peers. Every round runs each step once. The first round does not
 * count.
 */
export async function measureBuses(server: RedisServer, effort: BusEffort): Promise<BusFigures> {
  await using open = new AsyncDisposableStack();
  const publisher = (driver: string) =>
    startEnd(open, "publisher.ts", [server.port, driver, PUBLISH_TOPIC, EVENT_BYTES]);
  const subscriber = (driver: string) =>
    startEnd(open, "subscriber.ts", [server.port, driver, RECEIVE_TOPIC]);
  const plain = await startEnd(open, "plain_subscriber.ts", [server.port, PLAIN_TOPIC]);
  const figures = emptyFigures();
  const steps = [
    sending(await publisher(CHANNELS), figures.publishChannels),
    ...PIPELINES.map((length) => nativeSending(server, length, figures.nativePublish)),
    sending(await publisher(STREAMS), figures.publishStreams),
    receiving(
      await subscriber(CHANNELS),
      figures.receiveChannels,
      channelFeed(server, RECEIVE_TOPIC),
    ),
    receiving(plain, figures.receivePlain, channelFeed(server, PLAIN_TOPIC)),
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
): Promise<EndProcess> {
  return open.use(await EndProcess.start(new URL(script, import.meta.url), args.map(String)));
}

function sending(end: EndProcess, figures: EndFigures): Step {
  return async ({ sentEvents }) => note(figures, await end.run(sentEvents));
}

function receiving(end: EndProcess, figures: EndFigures, feed: Feed): Step {
  return async ({ receivedEvents: events }) =>
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
  const load = { channel: PUBLISH_TOPIC, eventBytes: EVENT_BYTES, pipeline };
  return async ({ sentEvents: events }) => {
    rates.get(pipeline)?.push(await redisBenchmark(port, { ...load, events }));
  };
}

const payload = benchEvent(EVENT_BYTES);

function channelFeed({ port }: RedisServer, channel: string): Feed {
  return (events) => feed(port, ["PUBLISH", channel, payload], events);
}

/**
 * The stream has no length limit, so no event is trimmed. Rounds remove what the last round has
 * read.
 */
function streamFeed({ port, client }: RedisServer): Feed {
  const key = streamKey(RECEIVE_TOPIC);
  return async (events) => {
    await client.xtrim(key, "MAXLEN", 0);
    await feed(port, ["XADD", key, "*", PAYLOAD_FIELD, payload], events);
  };
}

function emptyFigures(): BusFigures {
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

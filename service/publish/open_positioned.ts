import type { Logger } from "../../drivers/contract/logger.ts";
import type { Settings } from "../../drivers/contract/option.ts";
import { pubSubMaxEventBytes } from "../../drivers/contract/options.ts";
import type { FramePublisher, PubSubDriver } from "../../drivers/contract/pubsub.ts";
import type { Responder } from "../../drivers/contract/requests.ts";
import type { Clock } from "../base/clock.ts";
import {
  pubSubHelloInterval,
  pubSubReplayBytes,
  pubSubReplayEvents,
  pubSubReplayTotalBytes,
} from "../config/options/positions.ts";
import { pubSubNativeSyncInterval } from "../config/options/native_sync.ts";
import { pubSubWireFormat } from "../config/options/pub_sub.ts";
import { OverflowHealer } from "./overflow_healer.ts";
import type { PositionCounters } from "./position_metrics.ts";
import { RefusalLog } from "../base/refusal_log.ts";
import { ReturnSyncs } from "./return_syncs.ts";
import { HeardTopics } from "./heard_topics.ts";
import { HelloSender } from "./hello_sender.ts";
import { PositionedPublisher } from "./positioned_publisher.ts";
import { ReplayResponder } from "./replay_responder.ts";
import type { ReplayBounds } from "./topic_positions.ts";

/** Who publishes to the network, and how. */
export interface OpenPositionedOptions {
  /** The publisher's id, a UUID in lower case. */
  readonly id: string;
  /** The effective configuration. */
  readonly settings: Settings;
  /** The time. */
  readonly clock: Clock;
  /** Where to report to. */
  readonly log: Logger;
  /**
   * The address that other nodes reach a bound one at. Who gives it keeps events and answers those
   * that missed some, where the driver has a way for questions. @default nothing is kept
   */
  readonly advertised?: (boundAddress: string) => string;
  /**
   * Whether the publisher was there before, so that nodes of the original come back which may have
   * missed events: each topic of theirs gets a native `sync`. @default false
   */
  readonly awaitsReturns?: boolean;
  /** Put between the driver and the positions, to watch events pass. @default nothing */
  readonly watch?: (frames: FramePublisher) => FramePublisher;
  /** Told how to read the totals of what goes with positions, where it is. @default nobody */
  readonly onCounters?: (counters: PositionCounters) => void;
}

/**
 * Opens a driver's publisher for the network, with positions, hellos and answers as the configuration
 * wants them; closing it closes all of that. A broker that keeps events needs no hello.
 *
 * @throws {DriverError} what the driver throws; nothing is left open then
 */
export async function openPositioned(
  driver: PubSubDriver,
  options: OpenPositionedOptions,
): Promise<PositionedPublisher> {
  const heard = new HeardTopics();
  const late: { healer?: OverflowHealer | undefined } = {};
  await using undo = new AsyncDisposableStack();
  const returns = options.awaitsReturns === true
    ? undo.use(new ReturnSyncs({ ...options, request: (topic) => late.healer?.request(topic) }))
    : undefined;
  const onSubscription = (topic: string) => {
    heard.note(topic);
    returns?.noteSubscription(topic);
    late.healer?.noteSubscription(topic);
  };
  const frames = undo.use(await driver.openPublisher({ onSubscription }));
  const replay = replayBounds(driver, options);
  const publisher = new PositionedPublisher(options.watch?.(frames) ?? frames, {
    id: options.id,
    clock: options.clock,
    maxEventBytes: options.settings.get(pubSubMaxEventBytes),
    confirms: driver.traits.liveProof === "confirmed",
    ...(replay === undefined ? {} : { replay }),
  });
  const responder = replay && await openResponder(driver, publisher, options);
  if (returns !== undefined) publisher.closeWith(returns);
  if (responder !== undefined) publisher.closeWith(responder);
  late.healer = startHealer(publisher, options);
  startHello(driver, publisher, { ...options, heard, responder, sink: frames });
  undo.move();
  return publisher;
}

/** Undefined when nobody could ask for what is kept, or nothing is to be. */
function replayBounds(
  { requests, traits }: PubSubDriver,
  { settings, advertised }: OpenPositionedOptions,
): ReplayBounds | undefined {
  if (advertised === undefined || requests === undefined || traits.delivery === "keeps") {
    return undefined;
  }
  const events = settings.get(pubSubReplayEvents);
  const octets = settings.get(pubSubReplayBytes);
  const totalOctets = settings.get(pubSubReplayTotalBytes);
  return Math.min(events, octets, totalOctets) === 0 ? undefined : { events, octets, totalOctets };
}

async function openResponder(
  { requests }: PubSubDriver,
  publisher: PositionedPublisher,
  { log, clock, onCounters }: OpenPositionedOptions,
): Promise<Responder | undefined> {
  if (requests === undefined) return undefined;
  const refusals = new RefusalLog("From a node that missed events", log, clock);
  const answers = new ReplayResponder(publisher, { maxBytes: requests.maxBytes, refusals });
  const responder = await requests.openResponder(answers.handle);
  onCounters?.({ replay: () => answers.counters });
  log.info(`Answering those who missed events at ${responder.address}`);
  return responder;
}

function startHealer(
  publisher: PositionedPublisher,
  { settings, clock, log, onCounters }: OpenPositionedOptions,
): OverflowHealer | undefined {
  const intervalMs = settings.get(pubSubNativeSyncInterval) * 1000;
  if (intervalMs === 0) return undefined;
  const format = settings.get(pubSubWireFormat);
  const healer = new OverflowHealer(publisher, { intervalMs, format, clock, log });
  publisher.closeWith(healer);
  onCounters?.({ nativeSyncs: () => healer.syncs });
  return healer;
}

function startHello(
  { traits }: PubSubDriver,
  publisher: PositionedPublisher,
  { settings, clock, advertised, heard, responder, sink, onCounters }: OpenPositionedOptions & {
    readonly sink: FramePublisher;
    readonly heard: HeardTopics;
    readonly responder: Responder | undefined;
  },
): void {
  const intervalMs = Math.ceil(settings.get(pubSubHelloInterval) * 1000);
  if (intervalMs === 0 || traits.delivery === "keeps") return;
  const hello = new HelloSender(publisher, {
    sink: traits.liveProof === "confirmed" ? unconfirmed(sink, intervalMs) : sink,
    intervalMs,
    heard: traits.seesSubscriptions ? heard : undefined,
    replay: responder === undefined ? null : advertised?.(responder.address) ?? null,
    clock,
  });
  publisher.closeWith(hello);
  onCounters?.({ hello: () => hello.counters });
}

// A broker that does not confirm a hello loses nothing that anybody was promised: the next one says
// the same and more. What `trySend` takes counts as lost then.
function unconfirmed(
  frames: FramePublisher,
  timeoutMs: number,
): Pick<FramePublisher, "trySend"> {
  const trySend = (topic: string, payload: Uint8Array) => {
    frames.send(topic, payload, { timeoutMs }).catch(() => {});
    return true;
  };
  return { trySend };
}

import type { FramePublisher, FrameSubscriber } from "../../drivers/contract/pubsub.ts";
import type { WireFormat } from "../../service/event/codec/wire_fields.ts";
import { RefusalLog } from "../../service/base/refusal_log.ts";
import { Relay } from "../../service/controller/relay.ts";
import type { RelayOptions, RelaySink } from "../../service/controller/relay_options.ts";
import { WarningFolder } from "../../service/base/warning_folder.ts";
import { FakeClock } from "./fakes/fake_clock.ts";
import { LocalDrivers } from "./zmq/local_drivers.ts";
import { RecordingLogger } from "./fakes/recording_logger.ts";

/** The number of frames that a memory subscriber queues without a reader. */
export const MEMORY_CAPACITY = 10_000;

/** A running relay between two memory drivers, with both ends. */
export interface RelayFixture extends AsyncDisposable {
  readonly publisher: FramePublisher;
  readonly source: FrameSubscriber;
  readonly sink: RelaySink;
  /** Subscribed to the topics `D` and `t`. No reader yet. */
  readonly subscriber: FrameSubscriber;
  readonly relay: Relay;
  readonly refusals: RefusalLog;
  readonly log: RecordingLogger;
  readonly clock: FakeClock;
  /** The number of times the relay reported activity. */
  readonly activity: () => number;
  /** Ends the relay early. */
  readonly abort: AbortController;
  /** The result of {@linkcode Relay.run}. */
  readonly ended: Promise<boolean>;
}

/** Starts a relay. Disposing closes both ends. */
export async function setUpRelay(
  format: WireFormat = "map",
  { values }: Pick<RelayOptions, "values"> = {},
): Promise<RelayFixture> {
  const { local, network } = new LocalDrivers();
  const source = await local.openSubscriber();
  const publisher = await local.openPublisher();
  const subscriber = await network.openSubscriber();
  for (const topic of ["D", "t"]) subscriber.registerTopic(topic);
  const log = new RecordingLogger();
  const clock = new FakeClock();
  const refusals = new RefusalLog("From a local publisher", log, clock);
  const abort = new AbortController();
  let activity = 0;
  const sink: RelaySink = await network.openPublisher();
  const relay = new Relay(source, sink, {
    values,
    sending: { format, maxEventBytes: 4096, sendTimeoutMs: 1 },
    refusals,
    clock,
    stalls: new WarningFolder({ subject: "Sending to the network", log, clock }),
    onActivity: () => activity++,
  });
  const ended = relay.run(abort.signal);
  const dispose = async () => {
    abort.abort();
    await source[Symbol.asyncDispose]();
    await subscriber[Symbol.asyncDispose]();
    await ended;
  };
  return {
    publisher,
    source,
    sink,
    subscriber,
    relay,
    refusals,
    log,
    clock,
    activity: () => activity,
    abort,
    ended,
    [Symbol.asyncDispose]: dispose,
  };
}

import type { FramePublisher, FrameSubscriber } from "../../drivers/contract/pubsub.ts";
import type { WireFormat } from "../../service/event/codec/wire_fields.ts";
import { RefusalLog } from "../../service/base/refusal_log.ts";
import { Relay } from "../../service/controller/relay.ts";
import type { RelayOptions, RelaySink } from "../../service/controller/relay_options.ts";
import { WarningFolder } from "../../service/base/warning_folder.ts";
import { FakeClock } from "./fake_clock.ts";
import { LocalDrivers } from "./local_drivers.ts";
import { RecordingLogger } from "./recording_logger.ts";

/** How many frames a memory subscriber takes that nobody reads. */
export const MEMORY_ROOM = 10_000;

/** A relay between two memory drivers, running, and both ends of it. */
export interface RelayFixture extends AsyncDisposable {
  readonly publisher: FramePublisher;
  readonly source: FrameSubscriber;
  readonly sink: RelaySink;
  /** Listens on the topics `D` and `t`; nobody reads it yet. */
  readonly subscriber: FrameSubscriber;
  readonly relay: Relay;
  readonly refusals: RefusalLog;
  readonly log: RecordingLogger;
  readonly clock: FakeClock;
  /** How often the relay noted activity. */
  readonly activity: () => number;
  /** Cuts the relay short. */
  readonly abort: AbortController;
  /** What {@linkcode Relay.run} resolves to. */
  readonly ended: Promise<boolean>;
}

/** Starts a relay; disposing it ends both ends. */
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

import { loadTopics } from "./load/load_event.ts";
import { judge } from "./load/verdict.ts";
import { publisherOptions } from "../../service/publish/publisher.ts";
import { compose, type Composition } from "../composition.ts";
import { EXIT, type ExitCode } from "../terminal/exit_code.ts";
import type { Io } from "../terminal/io.ts";
import { finishBench } from "./bench_end.ts";
import type { RelayFlags } from "./bench_flags.ts";
import { notesOf } from "./bench_notes.ts";
import type { BenchResult, SentFigures } from "./bench_result.ts";
import { grouped, showProgress } from "./bench_progress.ts";
import { BenchSubscribers } from "./bench_subscribers.ts";
import { Load } from "./load.ts";
import { measuresOf, totalReceived } from "./total_received.ts";

const POLL_MS = 20;
/** The warm-up has arrived when nothing has arrived for this time. */
const WARMUP_QUIET_MS = 100;
/**
 * An event that has not arrived when nothing has arrived for this time is lost; replays are faster.
 */
const QUIET_MS = 3_000;
/** The same after a signal has requested the end. */
const QUIET_AFTER_SIGNAL_MS = 500;
/** Below this share of the wanted rate, the figures belong to another load. */
const HELD_SHARE = 0.95;

/**
 * Sends a load through the service, or the broker, and receives it in the same process. It measures
 * by one clock how long an event takes from one application to the others.
 */
export async function benchRelay(
  name: "relay" | "latency",
  flags: RelayFlags,
  io: Io,
): Promise<ExitCode> {
  const composition = await compose(flags, io);
  const { interrupted } = io;
  const { sendTimeoutMs } = publisherOptions(composition.config);
  await using load = new Load(flags, composition);
  await using benchSubscribers = await BenchSubscribers.open(composition, {
    topics: loadTopics(flags.topics),
    subscribers: flags.subscribers,
    run: load.run,
  });
  await load.open();
  try {
    await benchSubscribers.ready({ timeoutMs: sendTimeoutMs, signal: interrupted });
  } catch (error) {
    if (!interrupted.aborted) throw error;
    io.err.write("Interrupted before the load began\n");
    return EXIT.failed;
  }
  const failure = await passing(load, benchSubscribers, { flags, io, composition });
  if (failure !== undefined && load.sent === 0) throw failure;
  const sent = await load.close(sendTimeoutMs);
  const result = resultOf({ name, flags, load, benchSubscribers, sent, interrupted });
  return finishBench(result, { flags, io, failure });
}

interface Tools {
  readonly flags: RelayFlags;
  readonly io: Io;
  readonly composition: Composition;
}

/** Sends all events and waits for those under way. Returns the error that stopped it early. */
async function passing(
  load: Load,
  benchSubscribers: BenchSubscribers,
  { flags, io, composition: { clock } }: Tools,
): Promise<unknown> {
  using _shown = showProgress(io, flags.quiet === true, () => progressText(load, benchSubscribers));
  const untilQuiet = async (maxQuietMs: () => number, isOut = () => true) => {
    const sentAt = clock.monotonic();
    const quietMs = () => clock.monotonic() - Math.max(sentAt, benchSubscribers.receivedAt ?? 0);
    while (isOut() && quietMs() < maxQuietMs()) await clock.sleep(POLL_MS);
  };
  let failure: unknown;
  try {
    await load.send(io.interrupted, () => untilQuiet(() => WARMUP_QUIET_MS));
  } catch (error) {
    failure = error;
  }
  const isOut = () => benchSubscribers.received < load.sent * flags.subscribers;
  await untilQuiet(() => io.interrupted.aborted ? QUIET_AFTER_SIGNAL_MS : QUIET_MS, isOut);
  for (const { stream, sent } of load.measured) benchSubscribers.expect(stream, sent);
  return failure;
}

function resultOf(
  { name, flags, load, benchSubscribers, sent, interrupted }: {
    readonly name: "relay" | "latency";
    readonly flags: RelayFlags;
    readonly load: Load;
    readonly benchSubscribers: BenchSubscribers;
    readonly sent: SentFigures;
    readonly interrupted: AbortSignal;
  },
): BenchResult {
  const subscribers = benchSubscribers.figures(load.startAt);
  const received = totalReceived(subscribers);
  const { size, topics, publishers, rate } = flags;
  return {
    name,
    setup: { size, topics, publishers, subscribers: flags.subscribers, rate },
    isInterrupted: interrupted.aborted,
    sent,
    received,
    subscribers,
    verdicts: judge(flags, measuresOf(received, subscribers)),
    notes: [
      ...rateNotes(sent, rate),
      ...notesOf(benchSubscribers.arrivals, { isRemote: false, isPaced: rate !== undefined }),
    ],
  };
}

function rateNotes({ eventsPerSecond = 0, seconds }: SentFigures, wanted?: number): string[] {
  if (wanted === undefined || seconds < 1 || eventsPerSecond >= wanted * HELD_SHARE) return [];
  const found = Math.round(eventsPerSecond);
  return [
    `--rate ${wanted} was not reached: ${found}/s were accepted, and the latencies are those of this rate`,
  ];
}

function progressText({ sent }: Load, { received }: BenchSubscribers): string {
  return `published ${grouped(sent)}, received ${grouped(received)} events …`;
}

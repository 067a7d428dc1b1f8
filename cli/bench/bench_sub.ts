import { loadTopics } from "./load/load_event.ts";
import { pause } from "../../drivers/contract/waiting.ts";
import { judge } from "./load/verdict.ts";
import { type CommonFlags, compose, type Composition } from "../composition.ts";
import type { ExitCode } from "../terminal/exit_code.ts";
import type { Io } from "../terminal/io.ts";
import { oneLine } from "../terminal/log.ts";
import { finishBench } from "./bench_end.ts";
import type { SubFlags } from "./bench_flags.ts";
import { notesOf } from "./bench_notes.ts";
import { grouped, showProgress } from "./bench_progress.ts";
import { BenchSubscribers } from "./bench_subscribers.ts";
import { measuresOf, totalReceived } from "./total_received.ts";

const POLL_MS = 50;
/** After the end of a load nothing arrives later than this. */
const QUIET_MS = 1_000;

/** Receives the load of a `bench pub` elsewhere and reports what arrived. */
export async function benchSub(flags: SubFlags, io: Io): Promise<ExitCode> {
  const composition = await compose(flags, io);
  const { interrupted } = io;
  await using benchSubscribers = await BenchSubscribers.open(composition, {
    topics: loadTopics(flags.topics),
    subscribers: flags.subscribers,
    limit: flags.events,
    warmupMs: (flags.warmup ?? 0) * 1000,
    onLive: (address) => reportLive(address, flags, io),
  });
  const failure = await receiveAll(benchSubscribers, { flags, io, composition });
  if (failure !== undefined) throw failure;
  const subscribers = benchSubscribers.figures();
  const received = totalReceived(subscribers);
  const result = {
    name: "sub",
    setup: { topics: flags.topics, subscribers: flags.subscribers },
    isInterrupted: interrupted.aborted,
    received,
    subscribers,
    verdicts: judge(flags, measuresOf(received, subscribers)),
    notes: notesOf(benchSubscribers.arrivals, { isRemote: true }),
  } as const;
  return finishBench(result, { flags, io });
}

function reportLive(address: string, { quiet }: CommonFlags, io: Io): void {
  if (!quiet) io.err.write(`listening on ${oneLine(address)}\n`);
}

/** Receives until it has enough. Returns the error that stopped it. */
async function receiveAll(
  benchSubscribers: BenchSubscribers,
  { flags, io, composition }: {
    readonly flags: SubFlags;
    readonly io: Io;
    readonly composition: Composition;
  },
): Promise<unknown> {
  const stop = new AbortController();
  let failure: unknown;
  const accepted = benchSubscribers.accepted({ signal: stop.signal }).catch((error) =>
    failure = error
  );
  {
    using _shown = showProgress(
      io,
      flags.quiet === true,
      () =>
        benchSubscribers.receivedAt === undefined
          ? "nothing yet …"
          : progressText(benchSubscribers),
    );
    const { clock } = composition;
    const endAt = clock.monotonic() + (flags.duration ?? Infinity) * 1000;
    const isOver = () =>
      clock.monotonic() >= endAt || hasAll(benchSubscribers, flags, clock.monotonic());
    while (failure === undefined && !io.interrupted.aborted && !isOver()) {
      await pause(POLL_MS, io.interrupted, clock);
    }
  }
  const found = failure;
  stop.abort();
  await accepted;
  return found;
}

function hasAll(
  { arrivals, receivedAt }: BenchSubscribers,
  { events }: SubFlags,
  now: number,
): boolean {
  if (events !== undefined && arrivals.every(({ received }) => received >= events)) return true;
  return arrivals.every(({ hasEnded }) => hasEnded) && now - (receivedAt ?? now) >= QUIET_MS;
}

function progressText({ received, arrivals }: BenchSubscribers): string {
  const lost = arrivals.reduce((sum, each) => sum + each.lost, 0);
  return `received ${grouped(received)} events, ${grouped(lost)} missing …`;
}

import { judge } from "./load/verdict.ts";
import { publisherOptions } from "../../service/publish/publisher.ts";
import { compose } from "../composition.ts";
import { EXIT, type ExitCode } from "../terminal/exit_code.ts";
import type { Io } from "../terminal/io.ts";
import { finishBench } from "./bench_end.ts";
import type { PubFlags } from "./bench_flags.ts";
import { grouped, showProgress } from "./bench_progress.ts";
import { Load } from "./load.ts";

/** Publishes a load for `bench sub` elsewhere, and reports how many events were accepted. */
export async function benchPub(flags: PubFlags, io: Io): Promise<ExitCode> {
  const composition = await compose(flags, io);
  const { interrupted } = io;
  await using load = new Load(flags, composition);
  await load.open();
  const failure = await sending(load, { flags, io });
  if (load.sent === 0 && interrupted.aborted) {
    io.err.write("Interrupted before the load began\n");
    return EXIT.failed;
  }
  if (failure !== undefined && load.sent === 0) throw failure;
  const sent = await load.close(publisherOptions(composition.config).sendTimeoutMs);
  const { lossPercent, eventsPerSecond: rate } = sent;
  const { size, topics, publishers } = flags;
  const result = {
    name: "pub",
    setup: { size, topics, publishers, rate: flags.rate },
    isInterrupted: interrupted.aborted,
    sent,
    verdicts: judge(flags, { p99Ms: undefined, lossPercent, rate }),
    notes: [],
  } as const;
  return finishBench(result, { flags, io, failure });
}

/** Sends the load. Returns the error that stopped it, so that the figures can be reported. */
async function sending(
  load: Load,
  { flags, io }: { readonly flags: PubFlags; readonly io: Io },
): Promise<unknown> {
  using _shown = showProgress(
    io,
    flags.quiet === true,
    () => `published ${grouped(load.sent)} events …`,
  );
  try {
    await load.send(io.interrupted);
    return undefined;
  } catch (error) {
    return error;
  }
}

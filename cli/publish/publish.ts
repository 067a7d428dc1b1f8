import { pubSubMaxEventBytes } from "../../drivers/contract/options.ts";
import { Publisher, publisherOptions } from "../../service/publish/publisher.ts";
import { compose } from "../composition.ts";
import { publishWarnings } from "../events/event_choice.ts";
import { Confirmation } from "../sending/confirmation.ts";
import { PublishRun } from "../sending/publish_run.ts";
import { checkEventFlags, type EventFlags, readEvents, readValue } from "./event_input.ts";
import { EXIT, type ExitCode } from "../terminal/exit_code.ts";
import { abortAfter } from "../terminal/delayed_abort.ts";
import type { Io } from "../terminal/io.ts";
import { UsageError } from "../flags/failure.ts";
import type { WaitNodesFlags } from "../sending/published_topics.ts";
import { Progress } from "../terminal/progress.ts";
import { reportLoss } from "./report_loss.ts";
import { openPublishFrames } from "../bus/publish_frames.ts";

/** The flags of `publish`; times are in seconds. */
export interface PublishFlags extends EventFlags, WaitNodesFlags {
  readonly rate?: number | undefined;
  readonly confirm?: true | undefined;
}

/** Time after a signal for pending events to be accepted, and to come back. */
const ABORT_DELAY_MS = 1_000;

/** Publishes the events of the flags or of standard input, and reports how many were accepted. */
export async function publish(flags: PublishFlags, io: Io): Promise<ExitCode> {
  checkEventFlags(flags);
  if (flags.ignoreOlderThan !== undefined && flags.waitNodes === undefined) {
    throw new UsageError("--ignore-older-than is for --wait-nodes");
  }
  const composition = await compose(flags, io);
  const { config: settings, log, messages } = composition;
  for (const warning of await publishWarnings(flags, io)) messages.warn(warning);
  const maxEventBytes = settings.get(pubSubMaxEventBytes);
  const value = await readValue(flags, io, maxEventBytes);
  const sending = publisherOptions(settings);
  const timeoutMs = flags.timeout === undefined ? sending.sendTimeoutMs : flags.timeout * 1000;
  const { frames, ...route } = await openPublishFrames(composition);
  await using publisher = new Publisher(frames, { ...sending, sendTimeoutMs: timeoutMs });
  const why = "Interrupted before an event was accepted";
  using late = abortAfter(io.interrupted, ABORT_DELAY_MS, why);
  const { signal } = late;
  await using confirmation = flags.confirm
    ? await Confirmation.open(composition, { timeoutMs, signal })
    : undefined;
  const progress = new Progress(io.err, flags.quiet === true);
  const run = new PublishRun({
    ...{ io, log, publisher, confirmation, ...route, progress, signal },
    input: "standard input",
    onLoss: (topics) => reportLoss(composition, topics),
  });
  await run.publishAll(readEvents({ ...flags, value }, io, maxEventBytes), flags.rate);
  // An interrupt ends the wait even if --timeout is longer.
  const usualMs = Math.min(timeoutMs, sending.sendTimeoutMs);
  const code = await run.finish(flags, () => io.interrupted.aborted ? usualMs : timeoutMs);
  return code === EXIT.done ? await run.topics.waitForNodes(composition, frames, flags, io) : code;
}

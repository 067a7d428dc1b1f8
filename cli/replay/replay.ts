import { pubSubMaxEventBytes } from "../../drivers/contract/options.ts";
import { pause } from "../../drivers/contract/waiting.ts";
import { Publisher, publisherOptions } from "../../service/publish/publisher.ts";
import { openPublishFrames } from "../bus/publish_frames.ts";
import { type CommonFlags, compose } from "../composition.ts";
import { type ChoiceFlags, choiceWarnings, eventFilter } from "../events/event_choice.ts";
import { skippedText } from "../sending/event_line_input.ts";
import type { InputItem } from "../sending/input_item.ts";
import { PublishRun } from "../sending/publish_run.ts";
import { UsageError } from "../flags/failure.ts";
import { abortAfter } from "../terminal/delayed_abort.ts";
import { EXIT, type ExitCode } from "../terminal/exit_code.ts";
import type { Io } from "../terminal/io.ts";
import { Progress } from "../terminal/progress.ts";
import type { Moment } from "./add_replay.ts";
import { hasConsent } from "./consent.ts";
import { type BadLine, readRecording, type RecordedItem } from "./recording.ts";
import { previewOf } from "./preview.ts";

/** The flags of `replay`; times are in seconds. */
export interface ReplayFlags extends CommonFlags, ChoiceFlags {
  readonly speed?: number | undefined;
  readonly from?: Moment | undefined;
  readonly to?: Moment | undefined;
  readonly fromLine?: number | undefined;
  readonly dryRun?: true | undefined;
  readonly yes?: true | undefined;
  readonly timeout?: number | undefined;
  readonly json?: true | undefined;
}

/** Time after a signal for pending events to be accepted. */
const ABORT_DELAY_MS = 1_000;
/** More than the number of events that may be pending. */
const REMEMBERED_LINES = 8_192;

/** Publishes the events of a recording again, and reports how many were accepted. */
export async function replay(path: string, flags: ReplayFlags, io: Io): Promise<ExitCode> {
  const composition = await compose(flags, io);
  const { config: settings, log, messages } = composition;
  if (isAfter(flags.from, flags.to)) throw new UsageError("--from is after --to");
  const maxEventBytes = settings.get(pubSubMaxEventBytes);
  for (const warning of choiceWarnings(flags)) messages.warn(warning);
  const choice = {
    ...{ ...flags, filter: eventFilter(flags), maxEventBytes, signal: io.interrupted },
    onIncomplete: ({ line, problem }: BadLine) =>
      messages.warn(`line ${line} of "${path}" is incomplete and is not published: ${problem}`),
    onSkipped: (lines: number) => messages.warn(`"${path}": ${skippedText(lines)}`),
    onNone: (isEmpty: boolean) =>
      messages.warn(
        isEmpty ? `"${path}" contains no events` : `no event in "${path}" matches the flags`,
      ),
  };
  const recording = readRecording(path, choice);
  if (flags.dryRun) return await previewOf(path, recording, flags, io);
  if (flags.yes !== true && !(await hasConsent(path, io))) return EXIT.failed;
  const sending = publisherOptions(settings);
  const timeoutMs = flags.timeout === undefined ? sending.sendTimeoutMs : flags.timeout * 1000;
  const { frames, ...route } = await openPublishFrames(composition);
  await using publisher = new Publisher(frames, { ...sending, sendTimeoutMs: timeoutMs });
  using late = abortAfter(
    io.interrupted,
    ABORT_DELAY_MS,
    "Interrupted before an event was accepted",
  );
  const paced = new PacedInput(recording, flags, io.interrupted);
  const run = new PublishRun({
    ...{ io, log, publisher, confirmation: undefined, ...route, signal: late.signal },
    onInvalid: (line) => paced.forget(line),
    progress: new Progress(io.err, flags.quiet === true),
    input: `"${path}"`,
  });
  await run.publishAll(paced.groups(), undefined);
  const code = await run.finish({ ...flags, count: 0 }, () => timeoutMs);
  if (paced.isAtEnd && code === EXIT.done) return code;
  const line = paced.lineAfter(run.answered);
  if (line !== undefined) {
    io.err.write(`stopped at line ${line} of "${path}": continue with --from-line ${line}\n`);
  }
  return code === EXIT.done ? EXIT.failed : code;
}

function isAfter(from?: Moment, to?: Moment): boolean {
  if (from === undefined || to === undefined) return false;
  if ("at" in from) return "at" in to && from.at > to.at;
  return "afterMs" in to && from.afterMs > to.afterMs;
}

/** The items of a recording, each when it is due. */
class PacedInput {
  /** Whether all items were taken. */
  isAtEnd = false;
  readonly #recording: AsyncIterable<readonly (RecordedItem | BadLine)[]>;
  readonly #speed: number;
  readonly #signal: AbortSignal;
  readonly #fromLine: number;
  /** The lines of the latest events. */
  readonly #lines: number[] = [];
  /** Number of events before those in `#lines`. */
  #dropped = 0;
  /** When the replay began, and the time of its first event. */
  #start: { readonly monotonic: number; readonly at: number } | undefined;

  constructor(
    recording: AsyncIterable<readonly (RecordedItem | BadLine)[]>,
    { speed = 1, fromLine = 1 }: Pick<ReplayFlags, "fromLine" | "speed">,
    signal: AbortSignal,
  ) {
    this.#recording = recording;
    this.#speed = speed;
    this.#fromLine = fromLine;
    this.#signal = signal;
  }

  /** Removes the event of this line from the count: it is invalid and not published. */
  forget(line: number): void {
    const at = this.#lines.lastIndexOf(line);
    if (at >= 0) this.#lines.splice(at, 1);
  }

  /** The line of the event after the first `events`; undefined at the end of the recording. */
  lineAfter(events: number): number | undefined {
    const line = this.#lines[Math.max(events - this.#dropped, 0)];
    if (line !== undefined || this.isAtEnd) return line;
    return (this.#lines.at(-1) ?? this.#fromLine - 1) + 1;
  }

  async *groups(): AsyncIterable<Iterable<InputItem>> {
    for await (const items of this.#recording) {
      for (let next = 0; next < items.length;) {
        const waitMs = this.#dueIn(items[next]);
        if (waitMs > 0 && !(await pause(waitMs, this.#signal))) return;
        const end = this.#endOfDue(items, next);
        yield this.#noted(items.slice(next, end));
        next = end;
      }
    }
    this.isAtEnd = !this.#signal.aborted;
  }

  /** Milliseconds until an item is due; 0 or less if it is. */
  #dueIn(item: RecordedItem | BadLine | undefined): number {
    const at = item !== undefined && "at" in item ? item.at : undefined;
    if (at === undefined || this.#speed === Infinity) return 0;
    const now = performance.now();
    this.#start ??= { monotonic: now, at };
    return this.#start.monotonic + (at - this.#start.at) / this.#speed - now;
  }

  #endOfDue(items: readonly (RecordedItem | BadLine)[], from: number): number {
    if (this.#speed === Infinity) return items.length;
    let end = from + 1;
    while (end < items.length && this.#dueIn(items[end]) <= 0) end++;
    return end;
  }

  #note(line: number): void {
    if (this.#lines.push(line) < 2 * REMEMBERED_LINES) return;
    this.#dropped += this.#lines.splice(0, REMEMBERED_LINES).length;
  }

  *#noted(items: readonly (RecordedItem | BadLine)[]): Iterable<InputItem> {
    for (const item of items) {
      if ("update" in item) this.#note(item.line);
      yield item;
    }
  }
}

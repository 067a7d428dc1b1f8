import { messageOf } from "../../drivers/contract/errors.ts";
import type { RecorderReader } from "../../drivers/contract/recorder.ts";
import { utcTime } from "../../drivers/contract/utc_time.ts";
import { untilAborted } from "../../drivers/contract/waiting.ts";
import { recorderPath } from "../../service/config/options/recorder.ts";
import type { DbUpdate } from "../../service/event/db_update.ts";
import { followedPublishers, neverLive, openEventSource } from "../bus/event_source.ts";
import { type CommonFlags, composeAndRun, type Composition, registry } from "../composition.ts";
import {
  allOf,
  type ChoiceFlags,
  choiceWarnings,
  type EventFilter,
  eventFilter,
} from "../events/event_choice.ts";
import { eventJson } from "../events/event_json.ts";
import {
  type TopicChoice,
  topicChoice,
  topicFilter,
  type TopicFlags,
} from "../events/topic_choice.ts";
import { UsageError } from "../flags/failure.ts";
import { abortAfter } from "../terminal/delayed_abort.ts";
import { EXIT, type ExitCode } from "../terminal/exit_code.ts";
import type { Io } from "../terminal/io.ts";
import { STREAMING_LOG } from "../terminal/log_control.ts";
import { Progress } from "../terminal/progress.ts";
import { counted } from "../terminal/quantities.ts";
import { RecordFile, type RecordFileFlags } from "./record_file.ts";
import { oldestTime, readRecorder } from "./recorder_events.ts";

/** The flags of `record`; times are in seconds. */
export interface RecordFlags extends CommonFlags, TopicFlags, ChoiceFlags, RecordFileFlags {
  readonly uri?: readonly string[] | undefined;
  readonly since?: string | number | undefined;
  readonly fromRecorder?: string | true | undefined;
  readonly count?: number | undefined;
  readonly timeout?: number | undefined;
}

/** Maximum time that a recording waits for the reader of its pipe after its timeout or a signal. */
const READER_MS = 1_000;

/** Records events until it has enough, a timeout expires, or a signal arrives. */
export async function record(path: string, flags: RecordFlags, io: Io): Promise<ExitCode> {
  const usual = STREAMING_LOG;
  return await composeAndRun(flags, { io, usual }, async (composition) => {
    const { messages } = composition;
    const reader = await openRecorder(flags, composition);
    for (const warning of choiceWarnings(flags)) messages.warn(warning);
    const topics = topicChoice(flags);
    const ofTopics = reader === undefined ? topics.filter : topicFilter(flags);
    const wants = allOf(ofTopics, eventFilter(flags)) ?? (() => true);
    using file = await RecordFile.open(path, flags, {
      onError: (error) => recording.fail(error),
      get signal() {
        return late.signal;
      },
    });
    if (file.cutBytes > 0) {
      messages.warn(
        `"${path}": cut ${counted(file.cutBytes, "byte")} of an incomplete line from its end`,
      );
    }
    const recording = new Recording(file, wants, flags, io);
    const ended = AbortSignal.any([io.interrupted, recording.timedOut]);
    using late = abortAfter(ended, READER_MS, "its reader does not read");
    const code = reader === undefined
      ? await recordNetwork(recording, { ...flags, topics }, composition, io)
      : await recordRecorder(recording, reader, flags, { messages, interrupted: io.interrupted });
    await recording.finish();
    if (!flags.quiet) messages.say(`recorded ${counted(recording.count, "event")} in "${path}"`);
    if (code !== EXIT.done || recording.count >= (flags.count ?? 0)) return code;
    messages.warn(`recorded ${counted(recording.count, "event")}, wanted ${flags.count}`);
    return io.interrupted.aborted ? EXIT.failed : EXIT.timedOut;
  });
}

async function recordNetwork(
  recording: Recording,
  { topics, uri, since, quiet }: RecordFlags & { readonly topics: TopicChoice },
  composition: Composition,
  { interrupted }: Io,
): Promise<ExitCode> {
  const { messages } = composition;
  let isLive = false;
  let losses = 0;
  await using source = await openEventSource(composition, {
    ...topics,
    uris: uri,
    since,
    onLive: (address) => {
      if (!isLive && !quiet) messages.say(`listening on ${address}`);
      isLive = true;
    },
    onNotice: ({ kind }) => {
      if (kind === "restart") return;
      if (losses++ === 0) messages.warn("events were lost: the recording has gaps");
    },
    onPast: ({ past, topic, address }) => {
      if (past.kind === "end" || !isShort(past.keptSince, since)) return;
      const place = address === undefined ? "" : ` at ${address}`;
      messages.warn(`topic "${topic}"${place}: ${keptText(past.keptSince)}`);
    },
    onUpdates: (updates) => recording.take(updates),
  });
  recording.begin();
  source.accepted.catch((error) => recording.fail(error));
  await recording.ended(interrupted);
  if (losses > 0) messages.warn(`the recording has ${counted(losses, "gap")}`);
  if (isLive || !recording.timedOut.aborted) return EXIT.done;
  messages.warn(neverLive(followedPublishers(source.network)));
  return EXIT.unreachable;
}

/** The recorder that the flags name; undefined for the network. @throws {UsageError} */
async function openRecorder(
  { fromRecorder, since, uri }: RecordFlags,
  { config }: Composition,
): Promise<RecorderReader | undefined> {
  const directory = fromRecorder === true ? config.get(recorderPath) : fromRecorder;
  if (directory === undefined) return undefined;
  if (directory === "") {
    throw new UsageError("--from-recorder: [df] recorder_path is not set, wanted a directory");
  }
  if (uri !== undefined) throw new UsageError("--uri and --from-recorder exclude each other");
  if (typeof since === "string" && since !== "start") {
    throw new UsageError("--since: a recorder has no positions, wanted start, or an age as 2h");
  }
  try {
    return await registry.openRecorderReader(directory);
  } catch (error) {
    throw new UsageError(`Cannot read the recorder in "${directory}": ${messageOf(error)}`);
  }
}

async function recordRecorder(
  recording: Recording,
  reader: RecorderReader,
  { since }: RecordFlags,
  { interrupted, messages }: Pick<Io, "interrupted"> & Pick<Composition, "messages">,
): Promise<ExitCode> {
  const ended = recording.ended(interrupted);
  ended.catch(() => {});
  recording.begin();
  let isCut = false;
  try {
    const oldest = await oldestTime(reader);
    if (isShort(oldest, since)) messages.warn(`the recorder: ${keptText(oldest)}`);
    for await (const part of readRecorder(reader, typeof since === "number" ? since : undefined)) {
      if ("loss" in part) messages.warn(part.loss);
      else await recording.take(part.updates);
      isCut = recording.timedOut.aborted || interrupted.aborted;
      if (recording.isOver) break;
    }
  } finally {
    recording.end();
  }
  await ended;
  if (!isCut) return EXIT.done;
  messages.warn("stopped before the end of the recorder");
  return recording.timedOut.aborted ? EXIT.timedOut : EXIT.failed;
}

/** Whether the kept events begin after the wanted start. */
function isShort(keptSince: number | undefined, since: RecordFlags["since"]): keptSince is number {
  return typeof since === "number" && keptSince !== undefined && since < keptSince;
}

function keptText(keptSince: number): string {
  return `events are kept only since ${utcTime(keptSince)}, so the recording lacks earlier ones`;
}

/** Writes wanted events to a file, until it has enough. */
class Recording {
  count = 0;
  isOver = false;
  readonly #flags: RecordFlags;
  readonly #progress: Progress;
  readonly #end = Promise.withResolvers<void>();
  readonly #timeout = new AbortController();
  readonly #file: RecordFile;
  readonly #wants: EventFilter;

  constructor(file: RecordFile, wants: EventFilter, flags: RecordFlags, { err }: Io) {
    this.#file = file;
    this.#wants = wants;
    this.#flags = flags;
    this.#progress = new Progress(err, flags.quiet === true);
    this.#end.promise.catch(() => {});
  }

  /** Aborts when the timeout ends the recording. */
  get timedOut(): AbortSignal {
    return this.#timeout.signal;
  }

  /** Writes the events of one batch together. A sync that this process has made is not an event. */
  async take(updates: readonly DbUpdate[]): Promise<void> {
    let lines = "";
    for (const update of updates) {
      if (this.isOver || update.reason !== undefined || !this.#wants(update)) continue;
      lines += `${eventJson(update)}\n`;
      if (++this.count === this.#flags.count) this.isOver = true;
    }
    try {
      if (lines !== "") await this.#file.write(lines);
    } catch (error) {
      return this.fail(error);
    }
    this.#progress.show(() => `recorded ${this.count} events …`);
    if (this.isOver) this.end();
  }

  /** Begins the file. Call it when all flags have been checked. */
  begin(): void {
    this.#file.begin();
  }

  end(): void {
    this.#end.resolve();
  }

  fail(error: unknown): void {
    this.isOver = true;
    this.#end.reject(error);
  }

  /** Resolves at the end of the recording. @throws the reason of {@linkcode fail} */
  async ended(interrupted: AbortSignal): Promise<void> {
    const { timeout } = this.#flags;
    const timer = timeout === undefined ? undefined : setTimeout(() => {
      this.#timeout.abort();
      this.#end.resolve();
    }, timeout * 1000);
    try {
      await untilAborted(this.#end.promise, interrupted);
    } finally {
      clearTimeout(timer);
      this.isOver = true;
    }
  }

  /** Completes the file. */
  async finish(): Promise<void> {
    this.#progress.clear();
    await this.#file.finish();
  }
}

import { messageOf } from "../../drivers/contract/errors.ts";
import { untilAborted } from "../../drivers/contract/waiting.ts";
import type { EventFilter } from "../events/event_choice.ts";
import { UsageError } from "../flags/failure.ts";
import { isSnapshotLine, maxLineBytes, parseEventLine } from "../sending/event_line_input.ts";
import { chunksOf, type Line, readLines } from "../sending/lines.ts";
import type { Moment } from "./add_replay.ts";

const CHUNK_BYTES = 64 * 1024;

/** An event of a recording, with its line and time. */
export interface RecordedItem extends ReturnType<typeof parseEventLine> {
  readonly line: number;
  /** When it was published, or else received, in Unix milliseconds; undefined if that is unknown. */
  readonly at: number | undefined;
}

/** A line that is not an event. */
export interface BadLine {
  readonly line: number;
  readonly problem: string;
}

/** Which events of a recording are wanted. */
export interface RecordingChoice {
  readonly from?: Moment | undefined;
  readonly to?: Moment | undefined;
  readonly fromLine?: number | undefined;
  readonly filter: EventFilter | undefined;
  readonly maxEventBytes: number;
  readonly signal: AbortSignal;
  /** Called if the last line is cut off, as after a crash of the recording command. */
  readonly onIncomplete: (line: BadLine) => void;
  /** Called at the end if lines of a snapshot were skipped. */
  readonly onSkipped: (lines: number) => void;
  /** Called at the end of the file if no event matched. @param isEmpty whether the file contains no events */
  readonly onNone: (isEmpty: boolean) => void;
}

/**
 * The wanted events of a recording, in groups of those that are read together, and the lines that
 * are not events. A `sync` that the recording command has made is not an event, nor is a line of a
 * snapshot.
 *
 * @throws {UsageError} if the file cannot be read
 */
export async function* readRecording(
  path: string,
  choice: RecordingChoice,
): AsyncIterable<readonly (RecordedItem | BadLine)[]> {
  const lines = readLines(chunksIn(path, choice.signal), maxLineBytes(choice.maxEventBytes));
  const selection = new Selection(choice);
  for await (const group of lines) yield selection.of(group);
  selection.end();
}

/** The text of a file, uncompressed. */
async function* chunksIn(path: string, signal: AbortSignal): AsyncIterable<Uint8Array> {
  if (path === "-") {
    throw new UsageError('"-": wanted a file; publish --stdin reads standard input');
  }
  try {
    if (/\.gz$/.test(path)) return yield* uncompressed(path, signal);
    // The open of a pipe waits for a process that writes to it.
    using file = await untilAborted(Deno.open(path), signal);
    if (file === undefined) return;
    let isFirst = true;
    for await (const chunk of chunksOf(file, signal)) {
      if (isFirst && chunk[0] === 0x1f && chunk[1] === 0x8b) {
        throw new Error("compressed with gzip, wanted a name that ends with .gz");
      }
      isFirst = false;
      yield chunk;
    }
  } catch (error) {
    const isPlain = messageOf(error) === "incorrect header check";
    const reason = isPlain
      ? "damaged, or not compressed with gzip although its name ends with .gz"
      : messageOf(error);
    throw new UsageError(`Cannot read "${path}": ${reason}`);
  }
}

/** A compressed file may end in the middle. */
async function* uncompressed(path: string, signal: AbortSignal): AsyncIterable<Uint8Array> {
  const { createReadStream } = await import("node:fs");
  const { constants, createGunzip } = await import("node:zlib");
  const file = createReadStream(path, { highWaterMark: CHUNK_BYTES });
  const text = file.pipe(createGunzip({ finishFlush: constants.Z_SYNC_FLUSH }));
  file.on("error", (error) => text.destroy(error));
  const onAbort = () => void text.destroy();
  signal.addEventListener("abort", onAbort, { once: true });
  try {
    for await (const chunk of text as AsyncIterable<Uint8Array>) {
      if (signal.aborted) return;
      yield chunk;
    }
  } catch (error) {
    if (!signal.aborted) throw error;
  } finally {
    signal.removeEventListener("abort", onAbort);
    file.destroy();
  }
}

class Selection {
  readonly #choice: RecordingChoice;
  readonly #ignored = new Set<string>();
  #firstAt: number | undefined;
  #isEmpty = true;
  #hasWanted = false;
  #skipped = 0;

  constructor(choice: RecordingChoice) {
    this.#choice = choice;
  }

  of(lines: readonly Line[]): (RecordedItem | BadLine)[] {
    const items: (RecordedItem | BadLine)[] = [];
    const { fromLine = 1 } = this.#choice;
    for (const line of lines) {
      if (line.number < fromLine && this.#firstAt !== undefined) continue;
      const item = this.#parse(line);
      if (item !== undefined && line.number >= fromLine) items.push(item);
    }
    this.#hasWanted ||= items.length > 0;
    return items;
  }

  end(): void {
    if (this.#skipped > 0) this.#choice.onSkipped(this.#skipped);
    if (!this.#hasWanted && !this.#choice.signal.aborted) this.#choice.onNone(this.#isEmpty);
  }

  #parse(line: Line): RecordedItem | BadLine | undefined {
    const { number } = line;
    try {
      if ("problem" in line) throw new TypeError(line.problem);
      if (line.text.trim() === "") return undefined;
      const parsed = parseEventLine(line.text, this.#ignored);
      if (parsed.fields["syncReason"] !== undefined) return undefined;
      if (isSnapshotLine(parsed.fields)) {
        this.#skipped++;
        return undefined;
      }
      this.#isEmpty = false;
      const at = timeOf(parsed.fields);
      this.#firstAt ??= at;
      return this.#isWanted(parsed, at) ? { ...parsed, line: number, at } : undefined;
    } catch (error) {
      const bad = { line: number, problem: messageOf(error) };
      if (line.isIncomplete !== true) return bad;
      this.#choice.onIncomplete(bad);
      return undefined;
    }
  }

  #isWanted({ update }: ReturnType<typeof parseEventLine>, at: number | undefined): boolean {
    const { from, to, filter } = this.#choice;
    if (at === undefined && (from ?? to) !== undefined) return false;
    if (at !== undefined && from !== undefined && at < this.#momentOf(from)) return false;
    if (at !== undefined && to !== undefined && at > this.#momentOf(to)) return false;
    return filter?.(update) ?? true;
  }

  #momentOf(moment: Moment): number {
    return "at" in moment ? moment.at : (this.#firstAt ?? 0) + moment.afterMs;
  }
}

function timeOf({ sentAt, receivedAt }: RecordedItem["fields"]): number | undefined {
  const time = sentAt ?? receivedAt;
  const at = typeof time === "string" ? Date.parse(time) : NaN;
  return Number.isNaN(at) ? undefined : at;
}

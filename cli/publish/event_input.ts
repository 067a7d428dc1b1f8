import { messageOf } from "../../drivers/contract/errors.ts";
import { type DbUpdate, dbUpdate, ROW_ACTIONS } from "../../service/event/db_update.ts";
import type { CommonFlags } from "../composition.ts";
import {
  isSnapshotLine,
  maxLineBytes,
  parseEventLine,
  skippedText,
} from "../sending/event_line_input.ts";
import { abortAfter } from "../terminal/delayed_abort.ts";
import { UsageError } from "../flags/failure.ts";
import type { Io } from "../terminal/io.ts";
import { chunksOf, type Line, readLines } from "../sending/lines.ts";
import type { InputItem } from "../sending/input_item.ts";
import { Templates } from "./template.ts";

/** The flags of `publish` that describe events. */
export interface EventFlags extends CommonFlags {
  readonly table?: string | undefined;
  readonly key?: string | undefined;
  readonly action?: string | undefined;
  readonly value?: string | undefined;
  readonly valueFile?: string | undefined;
  readonly topic?: string | undefined;
  readonly count?: number | undefined;
  readonly stdin?: true | undefined;
  /** Whether to replace placeholders in keys and values. */
  readonly template?: true | undefined;
}

/** The runtime puts it in place of bytes of an argument that are not UTF-8. */
const REPLACEMENT = "\ufffd";

/** @throws {UsageError} for incompatible flags, text that is not UTF-8, or an invalid placeholder */
export function checkEventFlags(flags: EventFlags): void {
  const { stdin, action, value, valueFile } = flags;
  const single = ["table", "key", "action", "value", "valueFile", "topic", "count"] as const;
  const clash = single.find((flag) => flags[flag] !== undefined);
  if (stdin && clash !== undefined) {
    throw new UsageError(`--stdin reads complete events: --${kebab(clash)} cannot be used with it`);
  }
  if (!stdin && action === undefined) {
    throw new UsageError("--action is required without --stdin");
  }
  if (value !== undefined && valueFile !== undefined) {
    throw new UsageError("--value and --value-file cannot be used together");
  }
  const changed = (["table", "key", "action", "topic"] as const)
    .find((flag) => flags[flag]?.includes(REPLACEMENT));
  if (changed !== undefined) {
    throw new UsageError(
      `--${changed} "${flags[changed]}": contains U+FFFD, as bytes that are not UTF-8 become: ` +
        "wanted UTF-8; --stdin takes U+FFFD itself",
    );
  }
  if (flags.template) filled(updateOf(flags), new Templates());
  if (action === undefined || !ROW_ACTIONS.has(action)) return;
  const missing = (["table", "key"] as const).find((flag) => flags[flag] === undefined);
  if (missing !== undefined) {
    throw new UsageError(`--${missing} is required for --action ${action}`);
  }
}

function kebab(name: string): string {
  return name.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`);
}

/** Maximum time that a read continues after a signal. */
const READ_MS = 100;
/** A repeated event is yielded in groups of this size. */
const REPEATED_AT_ONCE = 256;

/**
 * The events that the flags describe, in order, in groups as they become available. Flags must have
 * been checked, and `--value-file` must have been read.
 *
 * @throws {UsageError} for a flag with an invalid placeholder
 */
export async function* readEvents(
  flags: EventFlags,
  io: Io,
  maxEventBytes: number,
): AsyncIterable<Iterable<InputItem>> {
  const templates = flags.template ? new Templates() : undefined;
  if (flags.stdin) return yield* readEventLines(io, maxEventBytes, templates);
  const update = updateOf(flags);
  for (let left = flags.count ?? 1; left > 0; left -= REPEATED_AT_ONCE) {
    const batch = new Array<InputItem>(Math.min(left, REPEATED_AT_ONCE)).fill({ update });
    yield templates === undefined ? batch : filledIn(batch.length, update, templates);
  }
}

/** Each event is made when it is needed, so that its time is that of its sending. */
function* filledIn(count: number, update: DbUpdate, templates: Templates): Iterable<InputItem> {
  for (let made = 0; made < count; made++) yield { update: filled(update, templates) };
}

function filled(update: DbUpdate, templates: Templates): DbUpdate {
  try {
    return templates.next(update);
  } catch (error) {
    throw new UsageError(`--template: ${messageOf(error)}`, { cause: error });
  }
}

function updateOf({ table, key, action, value, topic }: EventFlags): DbUpdate {
  return dbUpdate({
    table: table ?? null,
    key: key ?? null,
    action: action ?? "",
    value: value ?? null,
    topic,
  });
}

/**
 * The value that the flags specify. Read it before anything handles signals: opening a pipe without
 * a writer may block the whole process, which a signal must then be able to end.
 *
 * @throws {UsageError} if a file cannot be read
 */
export async function readValue(
  { value, valueFile }: EventFlags,
  io: Io,
  maxBytes: number,
): Promise<string | undefined> {
  if (valueFile === undefined) return value;
  try {
    return valueFile === "-"
      ? await allText(io, maxBytes)
      : await io.readTextFile(valueFile, maxBytes);
  } catch (error) {
    throw new UsageError(`Cannot read --value-file "${valueFile}": ${messageOf(error)}`);
  }
}

/** Reads at most the size of an event, since an input may be endless. */
async function allText({ stdin, interrupted }: Io, maxBytes: number): Promise<string> {
  const decoder = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });
  let text = "";
  let size = 0;
  for await (const chunk of chunksOf(stdin, interrupted)) {
    size += chunk.length;
    if (size > maxBytes) throw new RangeError(`longer than ${maxBytes} bytes`);
    text += decoder.decode(chunk, { stream: true });
  }
  return text + decoder.decode();
}

async function* readEventLines(
  io: Io,
  maxBytes: number,
  templates: Templates | undefined,
): AsyncIterable<Iterable<InputItem>> {
  // A read of a file ends soon, and shows whether the signal came before the end of the file.
  using late = abortAfter(io.interrupted, READ_MS, "Interrupted before the end of the input");
  const input = chunksOf(io.stdin, late.signal);
  const parsing = { ignored: new Set<string>(), templates, skipped: 0 };
  for await (const lines of readLines(input, maxLineBytes(maxBytes))) yield itemsOf(lines, parsing);
  if (parsing.skipped > 0) io.err.write(`Standard input: ${skippedText(parsing.skipped)}\n`);
}

/** What parsing a line needs. */
interface Parsing {
  /** Names for which there was a warning. */
  readonly ignored: Set<string>;
  readonly templates: Templates | undefined;
  /** Number of lines of a snapshot. */
  skipped: number;
}

/** Blank lines and lines of a snapshot are skipped. Each item is created when it is needed. */
function* itemsOf(lines: readonly Line[], parsing: Parsing): Iterable<InputItem> {
  for (const line of lines) {
    const item = "problem" in line
      ? { problem: line.problem, line: line.number }
      : itemOf(line.text, line.number, parsing);
    if (item !== undefined) yield item;
  }
}

function itemOf(text: string, line: number, parsing: Parsing): InputItem | undefined {
  const { ignored, templates } = parsing;
  if (text.trim() === "") return undefined;
  try {
    const { update, fields, warning } = parseEventLine(text, ignored);
    if (isSnapshotLine(fields)) {
      parsing.skipped++;
      return undefined;
    }
    return { update: templates === undefined ? update : templates.next(update), line, warning };
  } catch (error) {
    return { problem: messageOf(error), line };
  }
}

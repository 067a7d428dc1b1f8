import { inTurns } from "../../contract/next_turn.ts";
import type { RecordedPart, RecorderReader, RecorderReadOptions } from "../../contract/recorder.ts";
import { bodyOf, type FoundPart, INDEX_RANGE, partsIn } from "./block.ts";
import { framesOf } from "./frames.ts";
import {
  isSegmentName,
  listSegments,
  LOCK_FILE,
  placeIn,
  readFile,
  type Segment,
} from "./segments.ts";

/** A run that records, to find its blocks. */
interface RecordingRun {
  /** Where its first block begins, once that is written. */
  readonly first: string | undefined;
  /** Number of frames that it has got by now: blocks are also written while others are read. */
  readonly appended: () => number;
}

/**
 * Opens the recorder of a directory for reading only, even while a service writes to it.
 *
 * @throws the error of the system if the directory cannot be read; {Error} if it does not
 *   belong to a recorder
 */
export async function openRecorderReader(directory: string): Promise<RecorderReader> {
  const names = await Array.fromAsync(Deno.readDir(directory), ({ name }) => name);
  if (!names.some((name) => name === LOCK_FILE || isSegmentName(name))) {
    throw new Error("it contains no files of a recorder");
  }
  return { read: (options) => readSegments(() => listSegments(directory), options) };
}

/** Reads the parts of segments. One segment at a time is in memory. */
export async function* readSegments(
  list: () => Promise<readonly Readonly<Segment>[]> | readonly Readonly<Segment>[],
  options: RecorderReadOptions | undefined,
  run?: RecordingRun,
): AsyncIterable<RecordedPart> {
  const { newestFirst = false, before, from, since = -Infinity } = options ?? {};
  const end = before === undefined ? undefined : placeOf(before);
  const start = from === undefined ? undefined : placeOf(from);
  const all = await list();
  const segments = all.filter(({ number }, index) => {
    const isIn = number <= (end?.number ?? Infinity) && number >= (start?.number ?? 0);
    return isIn && (all[index + 1]?.from ?? Infinity) >= since;
  });
  let buffer = new Uint8Array();
  for (const segment of newestFirst ? segments.toReversed() : segments) {
    if (buffer.length < segment.size) buffer = new Uint8Array(segment.size);
    const bytes = await readFile(segment, buffer);
    if (bytes === undefined) continue;
    const first = start?.number === segment.number ? start.at : 0;
    const limit = end?.number === segment.number ? end.at : Infinity;
    const parts: FoundPart[] = [];
    await inTurns(partsIn(bytes, segment.number), (part) => {
      const isIn = part.at >= first && part.at < limit;
      if (isIn && (part.head === undefined || part.head.until >= since)) parts.push(part);
    });
    for (const part of newestFirst ? parts.toReversed() : parts) {
      const read = [...shown(part, { segment, bytes, run })];
      yield* newestFirst ? read.toReversed() : read;
    }
  }
}

interface PartSource {
  readonly segment: Readonly<Segment>;
  readonly bytes: Uint8Array;
  readonly run: RecordingRun | undefined;
}

function* shown(
  { at, head, end }: FoundPart,
  { segment, bytes, run }: PartSource,
): Iterable<RecordedPart> {
  const place = placeIn(segment, at);
  if (head === undefined) {
    const reason = `${end - at} bytes of "${segment.path}" are damaged`;
    return yield { kind: "loss", place, at: null, events: null, reason };
  }
  const loss = { kind: "loss", place, at: head.from } as const;
  if (head.isAfterLoss) {
    yield { ...loss, events: null, reason: "the service was killed before it had written them" };
  }
  if (head.skipped > 0) {
    yield { ...loss, events: head.skipped, reason: "the recorder could not write them" };
  }
  const body = bodyOf(bytes, at, head);
  const { from, until, events } = head;
  if (events === 0) return;
  const index = run === undefined ? undefined : indexIn(run, place, head.index);
  const times = { from, until };
  yield {
    kind: "block",
    place,
    index,
    ...times,
    events,
    bytes: body,
    frames: () => framesOf(body, head),
  };
}

/** The whole index of a block; undefined if another run has recorded it. */
function indexIn(
  { first, appended }: RecordingRun,
  place: string,
  index: number,
): number | undefined {
  if (first === undefined || place < first) return undefined;
  const count = appended();
  const back = (count % INDEX_RANGE - index + INDEX_RANGE) % INDEX_RANGE;
  return count - back;
}

/** @throws {RangeError} if it is not the place of a part */
function placeOf(text: string): { readonly number: number; readonly at: number } {
  const [, number, at] = /^(\d{1,10}):(\d{1,12})$/.exec(text) ?? [];
  if (number !== undefined && at !== undefined) return { number: Number(number), at: Number(at) };
  throw new RangeError(`"${text}" is not a place in a recorder`);
}

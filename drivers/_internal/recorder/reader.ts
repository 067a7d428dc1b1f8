import { inTurns } from "../../contract/next_turn.ts";
import { monotonicClock, type SleepClock } from "../../contract/waiting.ts";
import type {
  RecordedLoss,
  RecordedPart,
  RecorderReader,
  RecorderReadOptions,
} from "../../contract/recorder.ts";
import { bodyOf, type FoundPart, INDEX_RANGE, partsIn } from "./block.ts";
import { framesOf } from "./frames.ts";
import {
  isSegmentName,
  listSegments,
  LOCK_FILE,
  NO_DIRECTORY,
  placeIn,
  readFile,
  type Segment,
} from "./segments.ts";

/** A run that records, to find its blocks. */
interface RecordingRun {
  /** Where its first block begins, once that is written. */
  readonly first: string | undefined;
  /** Number of frames that it has got. */
  readonly appended: number;
}

/** Maximum time in which a block is written, in milliseconds. */
const WRITE_MS = 500;

/**
 * Opens the recorder of a directory for reading only, even while a service writes to it.
 *
 * @throws the error of the system if the directory cannot be read; {Error} if it is not a
 *   directory, or does not belong to a recorder
 */
export async function openRecorderReader(
  directory: string,
  clock: SleepClock = monotonicClock,
): Promise<RecorderReader> {
  const names = await Array.fromAsync(Deno.readDir(directory), ({ name }) => name)
    .catch((error) => {
      throw error instanceof Deno.errors.NotADirectory ? new Error(NO_DIRECTORY) : error;
    });
  if (!names.some((name) => name === LOCK_FILE || isSegmentName(name))) {
    throw new Error("it contains no files of a recorder");
  }
  return { read: (options) => readSegments(() => listSegments(directory), options, { clock }) };
}

/**
 * Reads the parts of segments. One segment at a time is in memory.
 *
 * @param clock reads another process's recorder: damage in the newest segment may be a block that
 *   is being written, unless it is still there after a while
 */
export async function* readSegments(
  list: () => Promise<readonly Readonly<Segment>[]> | readonly Readonly<Segment>[],
  options: RecorderReadOptions | undefined,
  { run, clock }: { readonly run?: RecordingRun; readonly clock?: SleepClock },
): AsyncIterable<RecordedPart> {
  const { newestFirst = false, before, from, since = -Infinity } = options ?? {};
  const end = before === undefined ? undefined : placeOf(before);
  const start = from === undefined ? undefined : placeOf(from);
  const all = await list();
  const oldest = all.findIndex((_, index) => (all[index + 1]?.from ?? Infinity) >= since);
  const segments = all.slice(oldest).filter(({ number }) =>
    number <= (end?.number ?? Infinity) && number >= (start?.number ?? 0)
  );
  const reader = new SegmentReader();
  let neighbour: Readonly<Segment> | undefined;
  for (const segment of newestFirst ? segments.toReversed() : segments) {
    let { isThere, bytes, parts: found } = await reader.read(segment);
    if (!isThere) continue;
    if (neighbour !== undefined) yield* removedBetween(segment, neighbour);
    neighbour = segment;
    const damaged = found.filter(isDamaged).map(({ at }) => at);
    if (clock !== undefined && damaged.length > 0 && segment === all.at(-1)) {
      await clock.sleep(WRITE_MS);
      const again = (await list()).find(({ number }) => number === segment.number);
      ({ bytes, parts: found } = await reader.read(again ?? segment));
      found = found.filter((part) => !isDamaged(part) || damaged.includes(part.at));
    }
    const first = start?.number === segment.number ? start.at : 0;
    const limit = end?.number === segment.number ? end.at : Infinity;
    const parts = found.filter(({ at, head }) => {
      return at >= first && at < limit && (head === undefined || head.until >= since);
    });
    for (const part of newestFirst ? parts.toReversed() : parts) {
      const read = [...shown(part, { segment, bytes, run })];
      yield* newestFirst ? read.toReversed() : read;
    }
  }
}

/** Reads segments into the same memory. */
class SegmentReader {
  #buffer = new Uint8Array();

  async read(segment: Readonly<Segment>): Promise<ReadSegment> {
    if (this.#buffer.length < segment.size) this.#buffer = new Uint8Array(segment.size);
    const found = await readFile(segment, this.#buffer);
    const bytes = found ?? new Uint8Array();
    const parts: FoundPart[] = [];
    await inTurns(partsIn(bytes, segment.number), (part) => void parts.push(part));
    return { isThere: found !== undefined, bytes, parts };
  }
}

interface ReadSegment {
  /** Whether its file exists. */
  readonly isThere: boolean;
  readonly bytes: Uint8Array;
  readonly parts: FoundPart[];
}

/** The loss of the segments between two others; nothing if these are next to each other. */
function* removedBetween(
  one: Readonly<Segment>,
  other: Readonly<Segment>,
): Iterable<RecordedLoss> {
  const [older, newer] = one.number < other.number ? [one, other] : [other, one];
  const files = newer.number - older.number - 1;
  if (files === 0) return;
  const place = placeIn({ number: older.number + 1 }, 0);
  const what = files === 1 ? "the file" : `${files} files`;
  const reason = `${what} before "${newer.path}" ${files === 1 ? "was" : "were"} removed`;
  yield { kind: "loss", place, at: newer.from, events: null, reason };
}

function isDamaged({ head }: FoundPart): boolean {
  return head === undefined;
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
  const back = (appended % INDEX_RANGE - index + INDEX_RANGE) % INDEX_RANGE;
  return appended - back;
}

/** @throws {RangeError} if it is not the place of a part */
function placeOf(text: string): { readonly number: number; readonly at: number } {
  const [, number, at] = /^(\d{1,10}):(\d{1,12})$/.exec(text) ?? [];
  if (number !== undefined && at !== undefined) return { number: Number(number), at: Number(at) };
  throw new RangeError(`"${text}" is not a place in a recorder`);
}

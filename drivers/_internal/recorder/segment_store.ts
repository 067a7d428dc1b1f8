import { closeDescriptor } from "../file_lock.ts";
import { type BlockBuffer, type BlockFacts, partsIn } from "./block.ts";
import { lockDirectory } from "./directory.ts";
import { ifFound, listSegments, placeIn, readFile, type Segment, segmentPath } from "./segments.ts";

const FILE_MODE = 0o640;
/** Maximum size of a segment, unless it holds a single larger block. */
const MAX_SEGMENT_BYTES = 16 * 1024 * 1024;
/** The oldest segment is given up whole: a sixteenth of what is kept, or less. */
const MIN_SEGMENTS = 16;

/**
 * The files of a recorder. Blocks are appended to the newest one. Then the oldest file gets the next
 * number and is written again from its start: new files would cost the kernel twice the time.
 */
export class SegmentStore {
  /** Size of the damage that was cut from the end, in bytes. */
  readonly cutBytes: number;
  /** Whether the last run was stopped, so that all its events are there. */
  readonly wasStopped: boolean;
  /** Where the first block begins that it has written. */
  firstPlace: string | undefined;
  readonly #directory: string;
  readonly #maxBytes: number;
  readonly #lock: number;
  readonly #segments: Segment[];
  /** Where the next block of the newest segment begins. */
  #end: number;
  #file: Deno.FsFile | undefined;
  /** Descriptors of segments with data that may not be on the disk, by number. */
  readonly #unsynced = new Map<number, Deno.FsFile>();

  /**
   * Opens a directory, creates it if it is missing, and cuts a damaged end of the newest segment.
   *
   * @throws as {@linkcode lockDirectory}; errors of the system
   */
  static async open(directory: string, maxBytes: number): Promise<SegmentStore> {
    const lock = await lockDirectory(directory);
    try {
      const segments = await listSegments(directory);
      const end = await repairEnd(segments);
      return new SegmentStore(directory, maxBytes, { lock, segments, end });
    } catch (error) {
      closeDescriptor(lock);
      throw error;
    }
  }

  private constructor(
    directory: string,
    maxBytes: number,
    { lock, segments, end }: { lock: number; segments: Segment[]; end: StoreEnd },
  ) {
    this.#directory = directory;
    this.#maxBytes = maxBytes;
    this.#lock = lock;
    this.#segments = segments;
    this.#end = end.at;
    this.cutBytes = end.cutBytes;
    this.wasStopped = end.wasStopped;
  }

  /** The parts of segments that are written, the oldest first. */
  get written(): readonly Readonly<Segment>[] {
    const newest = this.#segments.length - 1;
    return this.#segments.map((segment, at) =>
      at < newest ? { ...segment } : { ...segment, size: this.#end }
    );
  }

  /** The segments, the oldest first. */
  get segments(): readonly Readonly<Segment>[] {
    return this.#segments;
  }

  get bytes(): number {
    return this.#segments.reduce((sum, { size }) => sum + size, 0);
  }

  /**
   * Appends a block. If that fails, a part that was written is cut off again.
   *
   * @param block is at most as large as everything that is kept
   * @throws errors of the system
   */
  async write(block: BlockBuffer, facts: BlockFacts): Promise<void> {
    const { size } = block;
    const maxBytes = Math.min(MAX_SEGMENT_BYTES, this.#maxBytes / MIN_SEGMENTS);
    let last = this.#segments.at(-1);
    if (last === undefined || (this.#end > 0 && this.#end + size > maxBytes)) {
      last = await this.#nextSegment(maxBytes);
    }
    await this.#makeRoom(Math.max(0, this.#end + size - last.size));
    const file = this.#file ??= await openAt(last.path, this.#end);
    const bytes = block.seal(last.number, facts);
    try {
      for (let at = 0; at < size;) at += await file.write(bytes.subarray(at));
      if (!this.#unsynced.has(last.number)) {
        this.#unsynced.set(last.number, await Deno.open(last.path, { write: true }));
      }
    } catch (error) {
      await this.#cut(file, last);
      throw error;
    }
    this.firstPlace ??= placeIn(last, this.#end);
    this.#end += size;
    last.size = Math.max(last.size, this.#end);
    last.from ??= block.from;
  }

  async #nextSegment(segmentBytes: number): Promise<Segment> {
    const number = (this.#segments.at(-1)?.number ?? 0) + 1;
    const segment = { number, path: segmentPath(this.#directory, number), size: 0, from: null };
    const [oldest] = this.#segments;
    const isFull = this.bytes + segmentBytes > this.#maxBytes;
    // A larger file is of an earlier run with another limit, or had a single larger block.
    if (isFull && oldest !== undefined && oldest.size <= segmentBytes) {
      const renamed = Deno.rename(oldest.path, segment.path).then(() => oldest.size);
      segment.size = await ifFound(renamed) ?? 0;
      this.#forget(oldest);
    }
    this.#closeFile();
    this.#end = 0;
    this.#segments.push(segment);
    return segment;
  }

  /** Removes the oldest segments, but never the one that is written. */
  async #makeRoom(bytes: number): Promise<void> {
    for (;;) {
      const [oldest, next] = this.#segments;
      const hasRoom = this.bytes + bytes <= this.#maxBytes;
      if (hasRoom || oldest === undefined || next === undefined) return;
      await ifFound(Deno.remove(oldest.path));
      this.#forget(oldest);
    }
  }

  #forget({ number }: Segment): void {
    this.#segments.shift();
    this.#unsynced.get(number)?.close();
    this.#unsynced.delete(number);
  }

  /** The next write opens the file again. */
  async #cut(file: Deno.FsFile, segment: Segment): Promise<void> {
    try {
      await file.truncate(this.#end);
      segment.size = this.#end;
    } catch {
      // Readers skip what is damaged.
    }
    this.#closeFile();
  }

  /**
   * Waits until everything that was written is on the disk. By descriptors of its own, since the
   * operations of one descriptor wait for each other.
   */
  async sync(): Promise<void> {
    const files = [...this.#unsynced.values()];
    this.#unsynced.clear();
    try {
      for (const file of files) await file.syncData();
    } finally {
      for (const file of files) file.close();
    }
  }

  #closeFile(): void {
    this.#file?.close();
    this.#file = undefined;
  }

  close(): void {
    this.#closeFile();
    for (const file of this.#unsynced.values()) file.close();
    this.#unsynced.clear();
    closeDescriptor(this.#lock);
  }
}

async function openAt(path: string, at: number): Promise<Deno.FsFile> {
  const file = await Deno.open(path, { write: true, create: true, mode: FILE_MODE });
  await file.seek(at, Deno.SeekMode.Start);
  return file;
}

/** The end of the newest segment, before it was repaired. */
interface StoreEnd extends Pick<SegmentStore, "cutBytes" | "wasStopped"> {
  readonly at: number;
}

/** Cuts the damaged end of the newest segment. */
async function repairEnd(segments: readonly Segment[]): Promise<StoreEnd> {
  const [last, ...older] = segments.toReversed();
  if (last === undefined) return { at: 0, cutBytes: 0, wasStopped: true };
  const parts = await partsOf(last);
  const whole = parts.findLast(({ head }) => head !== undefined);
  const at = whole?.end ?? 0;
  const cutBytes = (parts.at(-1)?.end ?? 0) - at;
  if (cutBytes > 0) {
    await Deno.truncate(last.path, at);
    last.size = at;
  }
  if (whole === undefined) last.from = null;
  // A run that was killed when it had just begun a segment has its last block in the one before.
  const before = whole === undefined && older[0] !== undefined ? await partsOf(older[0]) : [];
  const isLast = (whole ?? before.at(-1))?.head?.isLast ?? segments.length === 1;
  return { at, cutBytes, wasStopped: isLast && cutBytes === 0 };
}

async function partsOf(segment: Segment) {
  const bytes = await readFile(segment, new Uint8Array(segment.size));
  return [...partsIn(bytes ?? new Uint8Array(), segment.number)];
}

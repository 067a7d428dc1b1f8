import { crc32 } from "node:zlib";

const MAGIC = 0x42524644; // "DFRB" as it is in the file
/** Size of the head of a block, in bytes. */
const HEAD_BYTES = 48;
/** Blocks begin at multiples of this, so that one behind damage is found fast. */
const ALIGNMENT = 64;
/** The checksum covers the frames, and then the head from here on. */
const CHECKED_FROM = 12;
/** The checksum goes on after this many bytes, while they are in the cache of the processor. */
const CHECKED_AT_ONCE = 32 * 1024;
/** The lengths of a topic and of a payload. */
export const FRAME_HEAD_BYTES = 6;
const FLAG = { afterLoss: 1, last: 2, messages: 4 } as const;

/** The index of a block's first frame is written in 32 bits. */
export const INDEX_RANGE = 2 ** 32;

/** What a block says besides its frames. */
export interface BlockFacts {
  /** When it was sealed, in Unix milliseconds. */
  readonly until: number;
  /** Number of frames that were skipped before it. */
  readonly skipped: number;
  /** Whether the run before was not stopped, so that its last frames may be missing. */
  readonly isAfterLoss: boolean;
  /** Whether it is the last block of a run that was stopped. */
  readonly isLast: boolean;
}

/** The head of a block. */
export interface BlockHead extends BlockFacts {
  /** The number of its segment. A file that is used again has old blocks of another one. */
  readonly segment: number;
  /** Size of the frames, in bytes. */
  readonly length: number;
  /** Size of the block in its file. */
  readonly size: number;
  readonly events: number;
  /** Number of frames that its run had got before the first one, modulo {@linkcode INDEX_RANGE}. */
  readonly index: number;
  /** When the first frame was published, in Unix milliseconds. */
  readonly from: number;
  /** Whether the frames are ZMTP messages. */
  readonly hasMessages: boolean;
}

/** A block in memory, to which frames are appended. It is used again for later blocks. */
export class BlockBuffer {
  readonly #bytes: Uint8Array<ArrayBuffer>;
  readonly #view: DataView;
  #end = HEAD_BYTES;
  #events = 0;
  #from = 0;
  #index = 0;
  #hasMessages = false;
  #topic: Uint8Array | undefined;
  #checksum = 0;
  #checked = HEAD_BYTES;

  /** @param capacity minimum size of the block, in bytes, with its head */
  constructor(capacity: number) {
    this.#bytes = new Uint8Array(aligned(capacity));
    this.#view = new DataView(this.#bytes.buffer);
  }

  get capacity(): number {
    return this.#bytes.length;
  }

  /** Size of the block in its file, in bytes. */
  get size(): number {
    return aligned(this.#end);
  }

  get events(): number {
    return this.#events;
  }

  get from(): number {
    return this.#from;
  }

  /** Maximum size of a block with one topic and payload, or with messages, in its file. */
  static sizeFor(bytes: number): number {
    return aligned(HEAD_BYTES + FRAME_HEAD_BYTES + bytes);
  }

  /**
   * Empties the block.
   *
   * @param from the time, in Unix milliseconds
   * @param index number of frames that the recorder has got
   */
  begin(from: number, index: number): void {
    this.#end = HEAD_BYTES;
    this.#events = 0;
    this.#from = from;
    this.#index = index;
    this.#hasMessages = false;
    this.#topic = undefined;
    this.#checksum = 0;
    this.#checked = HEAD_BYTES;
  }

  /**
   * Copies a frame; returns false if it does not fit.
   *
   * @param topic is copied only if it is not the array of the frame before
   */
  append(topic: Uint8Array, payload: Uint8Array): boolean {
    const isSame = topic === this.#topic;
    const start = this.#end + FRAME_HEAD_BYTES + (isSame ? 0 : topic.length);
    if (this.#hasMessages || start + payload.length > this.#bytes.length) return false;
    this.#view.setUint16(this.#end, isSame ? 0 : topic.length, true);
    this.#view.setUint32(this.#end + 2, payload.length, true);
    if (!isSame) this.#bytes.set(topic, this.#end + FRAME_HEAD_BYTES);
    this.#topic = topic;
    this.#bytes.set(payload, start);
    this.#end = start + payload.length;
    this.#events++;
    if (this.#end - this.#checked >= CHECKED_AT_ONCE) this.#check();
    return true;
  }

  /** Copies ZMTP messages; returns false if they do not fit, or the block has other frames. */
  appendMessages(messages: Uint8Array, frames: number): boolean {
    if (this.#events === 0) this.#hasMessages = true;
    if (!this.#hasMessages || this.#end + messages.length > this.#bytes.length) return false;
    this.#bytes.set(messages, this.#end);
    this.#end += messages.length;
    this.#events += frames;
    this.#check();
    return true;
  }

  #check(): void {
    this.#checksum = crc32(this.#bytes.subarray(this.#checked, this.#end), this.#checksum);
    this.#checked = this.#end;
  }

  /** Writes the head. @returns the bytes of the whole block, valid until it begins again */
  seal(
    segment: number,
    { until, skipped, isAfterLoss, isLast }: BlockFacts,
  ): Uint8Array<ArrayBuffer> {
    const view = this.#view;
    view.setUint32(0, MAGIC, true);
    view.setUint32(4, this.#end - HEAD_BYTES, true);
    view.setUint32(12, this.#events, true);
    view.setFloat64(16, this.#from, true);
    view.setFloat64(24, until, true);
    view.setUint32(32, skipped, true);
    const format = this.#hasMessages ? FLAG.messages : 0;
    view.setUint32(
      36,
      (isAfterLoss ? FLAG.afterLoss : 0) | (isLast ? FLAG.last : 0) | format,
      true,
    );
    view.setUint32(40, segment, true);
    view.setUint32(44, this.#index % INDEX_RANGE, true);
    this.#check();
    const head = this.#bytes.subarray(CHECKED_FROM, HEAD_BYTES);
    view.setUint32(8, crc32(head, this.#checksum), true);
    return this.#bytes.subarray(0, this.size);
  }
}

function aligned(size: number): number {
  return Math.ceil(size / ALIGNMENT) * ALIGNMENT;
}

/** Reads the head of a segment's block at an offset; undefined if no block is there. */
export function headAt(bytes: Uint8Array, at: number, segment: number): BlockHead | undefined {
  if (at + HEAD_BYTES > bytes.length) return undefined;
  const view = new DataView(bytes.buffer, bytes.byteOffset + at, HEAD_BYTES);
  if (view.getUint32(0, true) !== MAGIC || view.getUint32(40, true) !== segment) return undefined;
  const flags = view.getUint32(36, true);
  const length = view.getUint32(4, true);
  return {
    segment,
    length,
    size: aligned(HEAD_BYTES + length),
    events: view.getUint32(12, true),
    index: view.getUint32(44, true),
    from: view.getFloat64(16, true),
    until: view.getFloat64(24, true),
    skipped: view.getUint32(32, true),
    isAfterLoss: (flags & FLAG.afterLoss) !== 0,
    isLast: (flags & FLAG.last) !== 0,
    hasMessages: (flags & FLAG.messages) !== 0,
  };
}

/** A block of a segment, or damaged bytes. */
export interface FoundPart {
  readonly at: number;
  /** Undefined for damaged bytes. */
  readonly head: BlockHead | undefined;
  readonly end: number;
}

/**
 * The parts of a segment's file in their order. What follows the last block of the segment may be
 * old. It is damaged only if it begins as a block of the segment, or is too short for one.
 */
export function* partsIn(bytes: Uint8Array, segment: number): Iterable<FoundPart> {
  for (let at = 0; at < bytes.length;) {
    const head = wholeAt(bytes, at, segment);
    const next = head === undefined ? nextWhole(bytes, at + ALIGNMENT, segment) : at + head.size;
    const end = Math.min(next ?? bytes.length, bytes.length);
    const isBegun = headAt(bytes, at, segment) !== undefined || at + HEAD_BYTES > bytes.length;
    if (next === undefined && !isBegun) return;
    yield { at, head, end };
    at = end;
  }
}

/** The head of a block that is not damaged. */
function wholeAt(bytes: Uint8Array, at: number, segment: number): BlockHead | undefined {
  const head = headAt(bytes, at, segment);
  const end = at + HEAD_BYTES + (head?.length ?? Infinity);
  if (end > bytes.length) return undefined;
  const checksum = new DataView(bytes.buffer, bytes.byteOffset + at).getUint32(8, true);
  const ofFrames = crc32(bytes.subarray(at + HEAD_BYTES, end));
  const found = crc32(bytes.subarray(at + CHECKED_FROM, at + HEAD_BYTES), ofFrames);
  return found === checksum ? head : undefined;
}

function nextWhole(bytes: Uint8Array, from: number, segment: number): number | undefined {
  for (let at = from; at + HEAD_BYTES <= bytes.length; at += ALIGNMENT) {
    if (bytes[at] === (MAGIC & 0xff) && wholeAt(bytes, at, segment) !== undefined) return at;
  }
  return undefined;
}

/** The bytes of a block's frames. */
export function bodyOf(bytes: Uint8Array, at: number, { length }: BlockHead): Uint8Array {
  return bytes.subarray(at + HEAD_BYTES, at + HEAD_BYTES + length);
}

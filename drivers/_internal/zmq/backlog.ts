import type { Frame } from "../../contract/pubsub.ts";

/** How long a reader may keep a batch before what arrives meanwhile is read in its stead. */
const LOOK_MS = 100;
/** How long it may take batch after batch and never come to the end of what has arrived. */
const BUSY_MS = 1_000;

/** What a {@linkcode Backlog} works with. */
export interface BacklogOptions {
  readonly maxFrames: number;
  /** Of payloads. */
  readonly maxOctets: number;
  /** Takes what has arrived; `full` when there may be more. */
  readonly fill: () => { readonly frames: readonly Frame[]; readonly full: boolean };
  /** Called when a frame is the first to find no room; `waiting` frames are there. */
  readonly onOverflow: (waiting: number) => void;
  /** Called when the reader has taken all that was there before the overflow. */
  readonly onCaughtUp: () => void;
}

/**
 * What arrives while the reader is busy with a batch, so that no queue of libzmq is ever full.
 *
 * As long as the reader comes back soon it is not used: nothing is copied. Bounded: a frame too
 * many is counted and lost, and so is every one after it until the reader has taken all the others,
 * so that what it misses is in one piece.
 */
export class Backlog {
  readonly #options: BacklogOptions;
  readonly #now: () => number;
  #batches: (readonly Frame[])[] = [];
  #size = 0;
  #octets = 0;
  #turns = 0;
  #turnsSeen = 0;
  #isIdle = true;
  #busySince = 0;
  #isBehind = false;
  #lost = 0;
  #timer: ReturnType<typeof setTimeout> | undefined;

  /** @param now monotonic milliseconds */
  constructor(options: BacklogOptions, now: () => number = () => performance.now()) {
    this.#options = options;
    this.#now = now;
  }

  /** How many frames wait. */
  get size(): number {
    return this.#size;
  }

  /** How many frames there was no room for, since the beginning. */
  get lost(): number {
    return this.#lost;
  }

  /** The reader comes for more: a batch of what waits, or none when it is to read for itself. */
  take(): readonly Frame[] | undefined {
    this.#turns++;
    this.#endIdle();
    this.watch();
    const batch = this.#batches.shift();
    if (batch === undefined) {
      this.#endOverflow();
      return undefined;
    }
    this.#size -= batch.length;
    for (const { payload } of batch) this.#octets -= payload.length;
    return batch;
  }

  /** The reader has nothing to do: whatever comes wakes it. */
  idle(): void {
    this.#isIdle = true;
  }

  #endIdle(): void {
    if (!this.#isIdle) return;
    this.#isIdle = false;
    this.#busySince = this.#now();
  }

  /** Something may have arrived: looks after a while whether the reader is still busy. */
  watch(): void {
    this.#timer ??= setTimeout(() => this.#look(), LOOK_MS);
  }

  #look(): void {
    this.#timer = undefined;
    if (this.#isIdle && this.#turns > 0) return;
    if (!this.#isSlow()) return this.watch();
    const { frames, full } = this.#options.fill();
    this.#keep(frames);
    // With nothing left to read, what comes next is told of.
    if (full) this.#timer = setTimeout(() => this.#look());
  }

  #isSlow(): boolean {
    const isHeldUp = this.#turns === this.#turnsSeen;
    this.#turnsSeen = this.#turns;
    return isHeldUp || this.#now() - this.#busySince >= BUSY_MS;
  }

  #keep(frames: readonly Frame[]): void {
    const kept: Frame[] = [];
    for (const frame of frames) {
      if (this.#hasRoom()) kept.push(this.#own(frame));
      else this.#lost++;
    }
    if (kept.length > 0) this.#batches.push(kept);
  }

  #hasRoom(): boolean {
    if (this.#isBehind) return false;
    const { maxFrames, maxOctets } = this.#options;
    if (this.#size < maxFrames && this.#octets < maxOctets) return true;
    this.#isBehind = true;
    this.#options.onOverflow(this.#size);
    return false;
  }

  // Frames are borrowed, and these are to last.
  #own(frame: Frame): Frame {
    this.#size++;
    this.#octets += frame.payload.length;
    return { ...frame, payload: frame.payload.slice() };
  }

  #endOverflow(): void {
    if (!this.#isBehind) return;
    this.#isBehind = false;
    this.#options.onCaughtUp();
  }

  /** Forgets everything, and looks no more. */
  close(): void {
    clearTimeout(this.#timer);
    this.#batches = [];
    this.#size = 0;
    this.#octets = 0;
  }
}

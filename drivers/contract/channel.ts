/**
 * What a full channel does with one more value.
 *
 * - `drop-oldest`: the value that waited longest goes, the new one is kept.
 * - `refuse`: the new value is not taken; {@linkcode Channel.push} says so and the caller decides.
 */
export type OverflowPolicy = "drop-oldest" | "refuse";

/** What waits in a channel, the oldest first; an array is one. */
export interface Waiting<T> {
  /** How many there are. */
  readonly length: number;
  /** Adds one. */
  push(value: T): void;
  /** Takes the oldest out. */
  shift(): T | undefined;
  /**
   * Takes out what is to go for one more, when the channel is full. It may take out none: the bound
   * is then its own. @default the oldest goes
   */
  makeRoom?(value: T): void;
}

/** How a {@linkcode Channel} is bounded. */
export interface ChannelOptions<T = unknown> {
  /** The most values that may wait. */
  readonly capacity: number;
  /** What happens to one more value. */
  readonly overflow: OverflowPolicy;
  /** Holds what waits, and with `drop-oldest` decides what goes. @default an array */
  readonly waiting?: Waiting<T> | undefined;
  /** Called once when the reader stops or the channel is closed. */
  readonly onClose?: () => void;
}

/**
 * A bounded queue between one writer and one reader, read as an async iterable.
 *
 * Values arrive in the order they were pushed. Closing lets the reader finish what waits.
 */
export class Channel<T> implements AsyncIterableIterator<T> {
  readonly #options: ChannelOptions<T>;
  readonly #waiting: Waiting<T>;
  #reader: ((result: IteratorResult<T>) => void) | undefined;
  #closed = false;
  #dropped = 0;

  /**
   * Nothing waits yet.
   *
   * @throws {RangeError} for a capacity below 1
   */
  constructor(options: ChannelOptions<T>) {
    if (!(options.capacity >= 1)) {
      throw new RangeError(`Channel "capacity": ${options.capacity}, wanted 1 or more`);
    }
    this.#options = options;
    this.#waiting = options.waiting ?? [];
  }

  /** How many values wait for the reader. */
  get size(): number {
    return this.#waiting.length;
  }

  /** How many values the overflow policy has dropped or refused so far. */
  get dropped(): number {
    return this.#dropped;
  }

  /** Hands a value over. False when it was not taken: the channel is closed, or full and refusing. */
  push(value: T): boolean {
    if (this.#closed) return false;
    if (this.#reader !== undefined) {
      const reader = this.#reader;
      this.#reader = undefined;
      reader({ done: false, value });
      return true;
    }
    return this.#enqueue(value);
  }

  #enqueue(value: T): boolean {
    const isFull = this.#waiting.length >= this.#options.capacity;
    if (isFull && !this.#makeRoom(value)) return false;
    this.#waiting.push(value);
    return true;
  }

  /** False when it is not to be taken. */
  #makeRoom(value: T): boolean {
    if (this.#options.overflow === "refuse") {
      this.#dropped++;
      return false;
    }
    const before = this.#waiting.length;
    if (this.#waiting.makeRoom === undefined) this.#waiting.shift();
    else this.#waiting.makeRoom(value);
    this.#dropped += before - this.#waiting.length;
    return true;
  }

  /** The oldest value, as soon as there is one. @throws {TypeError} for a second reader */
  next(): Promise<IteratorResult<T>> {
    if (this.#waiting.length > 0) {
      return Promise.resolve({ done: false, value: this.#waiting.shift() as T });
    }
    if (this.#closed) return Promise.resolve({ done: true, value: undefined });
    if (this.#reader !== undefined) throw new TypeError("Channel: a second reader is waiting");
    return new Promise((resolve) => this.#reader = resolve);
  }

  /** Ends the channel: later pushes are refused, the reader gets what still waits and then the end. */
  close(): void {
    if (this.#closed) return;
    this.#closed = true;
    this.#reader?.({ done: true, value: undefined });
    this.#reader = undefined;
    this.#options.onClose?.();
  }

  /** Ends the channel, and drops what waits. */
  return(): Promise<IteratorResult<T>> {
    while (this.#waiting.length > 0) this.#waiting.shift();
    this.close();
    return Promise.resolve({ done: true, value: undefined });
  }

  /** The channel itself: it has one reader. */
  [Symbol.asyncIterator](): this {
    return this;
  }
}

/**
 * One writer, any number of readers, each with a bounded queue of its own that drops the oldest, or
 * what it is told to.
 *
 * A reader sees what is published after it began to iterate.
 */
export class Broadcast<T> implements AsyncIterable<T> {
  readonly #readers = new Set<Channel<T>>();
  readonly #capacity: number;
  readonly #newWaiting: (() => Waiting<T>) | undefined;
  #closed = false;

  /**
   * Nobody reads yet.
   *
   * @param capacity the most values that wait for a reader, 256 by default
   * @param newWaiting makes what holds them for one reader
   */
  constructor(capacity?: number, newWaiting?: () => Waiting<T>) {
    this.#capacity = capacity ?? 256;
    this.#newWaiting = newWaiting;
  }

  /** Hands a value to every reader there is. */
  publish(value: T): void {
    for (const reader of this.#readers) reader.push(value);
  }

  /** Ends every reader, and each one to come at once. */
  close(): void {
    this.#closed = true;
    for (const reader of this.#readers) reader.close();
    this.#readers.clear();
  }

  /** One more reader. */
  [Symbol.asyncIterator](): Channel<T> {
    const channel: Channel<T> = new Channel<T>({
      capacity: this.#capacity,
      overflow: "drop-oldest",
      waiting: this.#newWaiting?.(),
      onClose: () => this.#readers.delete(channel),
    });
    if (this.#closed) channel.close();
    else this.#readers.add(channel);
    return channel;
  }
}

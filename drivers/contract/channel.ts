/**
 * What a full channel does with another value.
 *
 * - `drop-oldest`: the oldest value is dropped, the new one is kept.
 * - `refuse`: the new value is refused, and {@linkcode Channel.push} returns false.
 */
export type OverflowPolicy = "drop-oldest" | "refuse";

/** The values in a channel, the oldest first. An array is one. */
export interface Waiting<T> {
  /** How many there are. */
  readonly length: number;
  /** Adds one. */
  push(value: T): void;
  /** Removes the oldest value. */
  shift(): T | undefined;
  /**
   * Makes room for another value when the channel is full. It may remove none: then it has a limit
   * of its own. @default removes the oldest value
   */
  makeRoom?(value: T): void;
}

/** How a {@linkcode Channel} is bounded. */
export interface ChannelOptions<T = unknown> {
  /** Maximum number of queued values. */
  readonly capacity: number;
  /** What happens to one more value. */
  readonly overflow: OverflowPolicy;
  /**
   * Holds the queued values and, with `drop-oldest`, decides which one to drop. @default an array
   */
  readonly waiting?: Waiting<T> | undefined;
  /** Called once when the reader stops or the channel is closed. */
  readonly onClose?: () => void;
}

/**
 * A bounded queue from one writer to one reader, which reads it as an async iterable.
 *
 * Values arrive in the order in which they were pushed. After closing, the reader still gets queued
 * values.
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

  /** Number of values that are queued for the reader. */
  get size(): number {
    return this.#waiting.length;
  }

  /** Number of values that were dropped or refused so far. */
  get dropped(): number {
    return this.#dropped;
  }

  /** Adds a value. Returns false if the channel is closed, or full and refusing. */
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

  /** Returns false if the value must not be added. */
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

  /**
   * Ends the channel: later pushes are refused. The reader gets the queued values and then the end.
   */
  close(): void {
    if (this.#closed) return;
    this.#closed = true;
    this.#reader?.({ done: true, value: undefined });
    this.#reader = undefined;
    this.#options.onClose?.();
  }

  /** Ends the channel, and drops the queued values. */
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
 * A stream from one writer to any number of readers. Each has its own bounded queue, which by
 * default drops the oldest value.
 *
 * A reader gets the values that are published after it has begun to iterate.
 */
export class Broadcast<T> implements AsyncIterable<T> {
  readonly #readers = new Set<Channel<T>>();
  readonly #capacity: number;
  readonly #newWaiting: (() => Waiting<T>) | undefined;
  #closed = false;

  /**
   * Creates a broadcast without readers.
   *
   * @param capacity maximum number of values queued per reader, 256 by default
   * @param newWaiting creates the queue of one reader
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

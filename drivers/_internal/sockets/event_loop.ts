import { isLongWorkDue, nextTurn } from "../../contract/next_turn.ts";
import { Kernel } from "./kernel.ts";

const READABLE = 1;
const WRITABLE = 4;
const FAILED = 8 | 16; // EPOLLERR | EPOLLHUP
const ADD = 1;
const REMOVE = 2;
const CHANGE = 3;

/** The kernel packs `struct epoll_event` on x86-64 only. */
const EVENT_BYTES = Deno.build.arch === "x86_64" ? 12 : 16;
const FD_AT = EVENT_BYTES - 8;
const MAX_EVENTS = 256;
/** Time without traffic after which the loop waits on another thread, in milliseconds. */
const LULL_MS = 25;
/**
 * Maximum time that a wait on this thread delays everything else in the process, in milliseconds.
 */
const TURN_MS = 1;
/**
 * Interval at which the loop waits on another thread even with traffic, in milliseconds. Only
 * during such a wait is this thread idle, and the runtime checks its own sockets, such as those of
 * the pages and of Redis. Between turns without such a wait, the runtime checks them only every
 * 61st time.
 */
const APART_EVERY_MS = 25;

/** The callbacks of a watched descriptor. */
export interface Watched {
  /** There is data to read, or the connection has ended; a read returns which. */
  onReadable(): void;
  onWritable?(): void;
  /** Whether traffic on the descriptor keeps the loop on this thread: see {@linkcode EventLoop}. */
  readonly isEager?: boolean;
}

/**
 * Watches every socket of this process with one epoll.
 *
 * When idle, the loop waits on another thread. This takes no processor time, but two thread
 * switches for each event. While an eager descriptor has traffic, the loop mostly waits on this
 * thread instead. Each such wait lasts at most 1 ms; then everything else in the process runs.
 */
export class EventLoop {
  static #shared: EventLoop | undefined;
  readonly kernel = new Kernel();
  readonly #epoll: number;
  readonly #waker: number;
  readonly #watched = new Map<number, Watched>();
  /** Descriptors for which neither reading nor writing is watched at present. */
  readonly #idle = new Set<number>();
  readonly #event = new DataView(new ArrayBuffer(EVENT_BYTES));
  readonly #eventBytes = new Uint8Array(this.#event.buffer);
  readonly #events = new DataView(new ArrayBuffer(EVENT_BYTES * MAX_EVENTS));
  readonly #eventsBytes = new Uint8Array(this.#events.buffer);
  #round: (() => void)[] = [];
  #turn = 0;
  #users = 0;
  #lastTraffic = -Infinity;
  #apartAt = -Infinity;
  #isFlowing = false;
  #isAsleep = false;
  #running: Promise<void> | undefined;

  /** Returns the loop of this process; the first user creates it. @throws {KernelError} */
  static acquire(): EventLoop {
    const loop = EventLoop.#shared ??= new EventLoop();
    loop.#users++;
    loop.#running ??= loop.#run();
    return loop;
  }

  private constructor() {
    try {
      this.#epoll = this.kernel.epoll();
      this.#waker = this.kernel.eventfd();
      this.#control(ADD, this.#waker, READABLE);
    } catch (error) {
      this.kernel[Symbol.dispose]();
      throw error;
    }
  }

  /** Releases the loop. The last release closes it and resolves when its thread has ended. */
  async release(): Promise<void> {
    if (--this.#users > 0) return;
    if (EventLoop.#shared === this) EventLoop.#shared = undefined;
    this.#wake();
    await this.#running;
  }

  /** Watches a descriptor for reading. @throws {KernelError} */
  add(fd: number, watched: Watched): void {
    this.#control(ADD, fd, READABLE);
    this.#watched.set(fd, watched);
  }

  /** Changes what is watched. With neither, the loop does not notice the end of the connection. */
  change(fd: number, watches: { readonly reading: boolean; readonly writing: boolean }): void {
    const bits = (watches.reading ? READABLE : 0) | (watches.writing ? WRITABLE : 0);
    // epoll reports a failed connection again and again, whatever it watches.
    const isIdle = this.#idle.has(fd);
    if (bits === 0 && isIdle) return;
    if (bits === 0) this.#idle.add(fd);
    else this.#idle.delete(fd);
    this.#control(bits === 0 ? REMOVE : isIdle ? ADD : CHANGE, fd, bits);
  }

  /** Stops watching. Call it before the descriptor is closed. */
  remove(fd: number): void {
    if (!this.#watched.delete(fd) || this.#idle.delete(fd)) return;
    this.#control(REMOVE, fd, 0);
  }

  /**
   * Counts the turns. A turn handles the pending events; then everything else in the process runs.
   */
  get turn(): number {
    return this.#turn;
  }

  /** Calls back once, when all pending events are handled. Without events it calls at once. */
  afterRound(callback: () => void): void {
    this.#round.push(callback);
    if (this.#isAsleep) queueMicrotask(() => this.#endRound());
  }

  #control(operation: number, fd: number, bits: number): void {
    this.#event.setUint32(0, bits, true);
    this.#event.setInt32(FD_AT, fd, true);
    this.kernel.control(this.#epoll, operation, fd, this.#eventBytes);
  }

  #wake(): void {
    // If the eventfd is full and the write fails, it is readable anyway.
    this.kernel.signal(this.#waker);
  }

  async #run(): Promise<void> {
    while (this.#users > 0) {
      this.#endRound();
      const count = await this.#wait();
      this.#turn++;
      this.#dispatch(count);
      this.#endRound();
      // Everything else in the process runs now, unless it runs during a wait on the other thread.
      // A timer of 0 ms would take 1 ms.
      if (this.#isFlowing) await nextTurn();
    }
    this.kernel.close(this.#waker);
    this.kernel.close(this.#epoll);
    this.kernel[Symbol.dispose]();
  }

  async #wait(): Promise<number> {
    const now = performance.now();
    this.#isFlowing &&= now - this.#lastTraffic <= LULL_MS;
    if (this.#isFlowing && now - this.#apartAt < APART_EVERY_MS) {
      const timeoutMs = isLongWorkDue() ? 0 : TURN_MS;
      return this.kernel.wait(this.#epoll, this.#eventsBytes, MAX_EVENTS, timeoutMs);
    }
    this.#isAsleep = true;
    const count = await this.kernel.waitApart(this.#epoll, this.#eventsBytes, MAX_EVENTS);
    this.#isAsleep = false;
    this.#apartAt = performance.now();
    return count;
  }

  #dispatch(count: number): void {
    let hasTraffic = false;
    for (let index = 0; index < count; index++) {
      const bits = this.#events.getUint32(index * EVENT_BYTES, true);
      const fd = this.#events.getInt32(index * EVENT_BYTES + FD_AT, true);
      const watched = this.#watched.get(fd);
      if (watched === undefined) continue;
      hasTraffic ||= watched.isEager === true;
      if (bits & WRITABLE) watched.onWritable?.();
      if (bits & (READABLE | FAILED) && this.#watched.get(fd) === watched) watched.onReadable();
    }
    if (!hasTraffic) return;
    const now = performance.now();
    this.#isFlowing = now - this.#lastTraffic <= LULL_MS;
    this.#lastTraffic = now;
  }

  #endRound(): void {
    const callbacks = this.#round;
    if (callbacks.length === 0) return;
    this.#round = [];
    for (const callback of callbacks) callback();
  }
}

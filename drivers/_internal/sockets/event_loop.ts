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
/** After a pause in traffic of this length the loop waits on another thread. */
const LULL_MS = 25;
/** Maximum time that everything else in the process waits for its turn while there is traffic. */
const TURN_MS = 1;
/**
 * How often the loop waits on another thread all the same. Only then does this thread have nothing to
 * do, and the runtime looks at its own sockets, such as those of the pages and of Redis; between turns
 * that follow one another at once it does so every 61st time.
 */
const APART_EVERY_MS = 25;

/** What a descriptor is watched for, and who is called. */
export interface Watched {
  /** There is something to read, or the connection has ended; a read tells which. */
  onReadable(): void;
  onWritable?(): void;
  /** Whether its traffic keeps the loop on this thread: see {@linkcode EventLoop}. */
  readonly isEager?: boolean;
}

/**
 * Watches every socket of this process with one epoll.
 *
 * When idle, the loop waits on another thread, which costs nothing but takes two thread switches
 * for each event. While an eager descriptor has traffic, the loop mostly waits on this thread instead,
 * for 1 ms at most between turns of everything else in the process.
 */
export class EventLoop {
  static #shared: EventLoop | undefined;
  readonly kernel = new Kernel();
  readonly #epoll: number;
  readonly #waker: number;
  readonly #watched = new Map<number, Watched>();
  /** Descriptors that are watched for nothing at present. */
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

  /** The loop of this process, made by its first user. @throws {KernelError} */
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

  /** The last user closes it; resolves when its thread has ended. */
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

  /** Changes what is watched; with neither, the end of the connection goes unnoticed. */
  change(fd: number, watches: { readonly reading: boolean; readonly writing: boolean }): void {
    const bits = (watches.reading ? READABLE : 0) | (watches.writing ? WRITABLE : 0);
    // An epoll tells of a failed connection whatever it is asked for, again and again.
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

  /** Counts the turns: in each the events at hand are handled, then everything else in the process. */
  get turn(): number {
    return this.#turn;
  }

  /** Calls once when all events at hand are handled; at once without any. */
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
    // An eventfd that is full is readable as well.
    this.kernel.signal(this.#waker);
  }

  async #run(): Promise<void> {
    while (this.#users > 0) {
      this.#endRound();
      const count = await this.#wait();
      this.#turn++;
      this.#dispatch(count);
      this.#endRound();
      // Everything else in the process has a turn: during a wait on the other thread, or now. A timer
      // of no time would take a millisecond.
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

import { isLongWorkDue, nextTurn, noteAway } from "../../contract/next_turn.ts";
import { Epoll, FAILED, READABLE, WRITABLE } from "./epoll.ts";
import { Kernel } from "./kernel.ts";
import { DeferredDescriptors } from "./deferred_descriptors.ts";

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
 * 61st time. The loop does not begin such a wait during long work, because the thread is not idle
 * then, and the runtime would see the end of the wait only every 31st time.
 */
const APART_EVERY_MS = 25;

/** The callbacks of a watched descriptor. */
export interface Watched {
  /** There is data to read, or the connection has ended; a read returns which. */
  onReadable(): void;
  onWritable?(): void;
  /** Whether traffic on the descriptor keeps the loop on this thread: see {@linkcode EventLoop}. */
  readonly isEager?: boolean;
  /**
   * Whether the descriptor does not wake the loop while there is traffic: the loop then serves it
   * within 1 ms, in a turn that takes place anyway.
   */
  readonly isDeferred?: boolean;
}

/**
 * Watches every socket of this process.
 *
 * When idle, the loop waits on another thread. This takes no processor time, but two thread
 * switches for each event. While an eager descriptor has traffic, the loop mostly waits on this
 * thread instead. Each such wait lasts at most 1 ms; then everything else in the process runs.
 */
export class EventLoop {
  static #shared: EventLoop | undefined;
  readonly kernel = new Kernel();
  readonly #epoll: Epoll;
  readonly #waker: number;
  readonly #watched = new Map<number, Watched>();
  /** Descriptors for which neither reading nor writing is watched at present. */
  readonly #idle = new Set<number>();
  /** Undefined without any. */
  #deferred: DeferredDescriptors | undefined;
  /** Whether anything waits for the end of this turn. */
  #hasRound = false;
  #turn = 0;
  #users = 0;
  #lastTraffic = -Infinity;
  #apartAt = -Infinity;
  #isFlowing = false;
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
      this.#epoll = new Epoll(this.kernel);
      this.#waker = this.kernel.eventfd();
      this.#epoll.add(this.#waker, READABLE);
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
    this.#epollOf(watched).add(fd, READABLE);
    this.#watched.set(fd, watched);
  }

  /** @throws {KernelError} */
  #epollOf({ isDeferred }: Watched): Epoll {
    if (isDeferred !== true) return this.#epoll;
    return (this.#deferred ??= new DeferredDescriptors(this.kernel, this.#epoll)).epoll;
  }

  /** Changes what is watched. With neither, the loop does not notice the end of the connection. */
  change(fd: number, watches: { readonly reading: boolean; readonly writing: boolean }): void {
    const watched = this.#watched.get(fd);
    if (watched === undefined) return;
    const bits = (watches.reading ? READABLE : 0) | (watches.writing ? WRITABLE : 0);
    // epoll reports a failed connection again and again, whatever it watches.
    const isIdle = this.#idle.has(fd);
    if (bits === 0 && isIdle) return;
    if (bits === 0) this.#idle.add(fd);
    else this.#idle.delete(fd);
    const epoll = this.#epollOf(watched);
    if (bits === 0) epoll.remove(fd);
    else if (isIdle) epoll.add(fd, bits);
    else epoll.change(fd, bits);
  }

  /** Stops watching. Call it before the descriptor is closed. */
  remove(fd: number): void {
    const watched = this.#watched.get(fd);
    if (watched === undefined) return;
    this.#watched.delete(fd);
    if (!this.#idle.delete(fd)) this.#epollOf(watched).remove(fd);
  }

  /**
   * Counts the turns. A turn handles the pending events; then everything else in the process runs.
   */
  get turn(): number {
    return this.#turn;
  }

  /**
   * Calls back once, when the events of this turn are handled. Outside of a turn, it calls back in
   * the next microtask.
   */
  afterRound(callback: () => void): void {
    this.#hasRound = true;
    queueMicrotask(callback);
  }

  #wake(): void {
    // If the eventfd is full and the write fails, it is readable anyway.
    this.kernel.signal(this.#waker);
  }

  async #run(): Promise<void> {
    while (this.#users > 0) {
      const count = await this.#wait();
      this.#turn++;
      this.#hasRound = false;
      this.#dispatchAll(count);
      // Everything else in the process runs now, unless it runs during a wait on the other thread.
      // If something is readable already, such a wait can end before the callers of this round have
      // run. A timer of 0 ms would take 1 ms.
      if (this.#isFlowing || this.#hasRound) await nextTurn();
    }
    this.kernel.close(this.#waker);
    this.#deferred?.epoll.close();
    this.#epoll.close();
    this.kernel[Symbol.dispose]();
  }

  async #wait(): Promise<number> {
    const now = performance.now();
    this.#isFlowing &&= now - this.#lastTraffic <= LULL_MS;
    const isBusy = isLongWorkDue();
    const isHere = this.#isFlowing && (isBusy || now - this.#apartAt < APART_EVERY_MS);
    this.#deferred?.wake(!isHere);
    if (isHere) return this.#epoll.wait(isBusy ? 0 : TURN_MS);
    noteAway(true);
    const count = await this.#epoll.waitApart();
    noteAway(false);
    this.#apartAt = performance.now();
    return count;
  }

  #dispatchAll(count: number): void {
    // Begins with any of them: the kernel reports descriptors that stay readable in the same order
    // again, and the first ones may leave no room for the others.
    const first = Math.floor(Math.random() * count);
    const hasTraffic = this.#dispatch(this.#epoll, count, first);
    const deferred = this.#deferred;
    const hasMore = deferred !== undefined && this.#dispatch(deferred.epoll, deferred.pending(), 0);
    if (!hasTraffic && !hasMore) return;
    const now = performance.now();
    this.#isFlowing = now - this.#lastTraffic <= LULL_MS;
    this.#lastTraffic = now;
  }

  /**
   * Calls back for the events of a wait, from one of them on. Returns whether any is of an eager
   * descriptor.
   */
  #dispatch(epoll: Epoll, count: number, first: number): boolean {
    let hasTraffic = false;
    for (let place = 0; place < count; place++) {
      const index = (first + place) % count;
      const bits = epoll.bitsAt(index);
      const fd = epoll.fdAt(index);
      const watched = this.#watched.get(fd);
      if (watched === undefined) continue;
      hasTraffic ||= watched.isEager === true;
      if (bits & WRITABLE) watched.onWritable?.();
      if (bits & (READABLE | FAILED) && this.#watched.get(fd) === watched) watched.onReadable();
    }
    return hasTraffic;
  }
}

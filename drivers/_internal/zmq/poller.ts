import type { LibzmqSymbols } from "./libzmq_library.ts";

const POLL_IN = 1;
const ENTRY_BYTES = 8;
const EVENTFD_NONBLOCK = 0o4000;
const WAIT_FOR_EVER = -1;

interface Watched {
  readonly fd: number;
  readonly onReadable: () => void;
}

/**
 * Waits for file descriptors to become readable, off the main thread, in one poll(2) for all.
 *
 * A poll is under way whenever something is watched, so that a watched socket keeps the process
 * alive until it is closed. An eventfd wakes it when the set changes.
 */
export class Poller {
  readonly #symbols: LibzmqSymbols;
  readonly #wakeFd: number;
  readonly #single = pollEntries([-1]);
  readonly #paused = new Set<number>();
  #watched: readonly Watched[] = [];
  #running = false;
  #round: Promise<unknown> = Promise.resolve();

  constructor(symbols: LibzmqSymbols) {
    this.#symbols = symbols;
    this.#wakeFd = symbols.eventfd(0, EVENTFD_NONBLOCK);
    if (this.#wakeFd < 0) throw new Error("Cannot create an eventfd: no file descriptor is free");
  }

  watch(fd: number, onReadable: () => void): void {
    this.#watched = [...this.#watched, { fd, onReadable }];
    if (this.#running) this.#wake();
    else void this.#run();
  }

  /** Tells no more of a watched descriptor, until {@linkcode resume}. */
  pause(fd: number): void {
    this.#paused.add(fd);
    this.#lookAnew();
  }

  /** Tells of it again; at once, when it is readable. */
  resume(fd: number): void {
    if (this.#paused.delete(fd)) this.#lookAnew();
  }

  #lookAnew(): void {
    this.#watched = [...this.#watched];
    this.#wake();
  }

  /** Waits here and now, with everything else, until a descriptor is readable; false in the end. */
  isReadable(fd: number, timeoutMs: number): boolean {
    this.#single.setInt32(0, fd, true);
    return this.#symbols.poll_here(this.#single, 1n, timeoutMs) > 0;
  }

  /** Resolves when the descriptors are out of every poll and may be closed. */
  async unwatch(fds: readonly number[]): Promise<void> {
    for (const fd of fds) this.#paused.delete(fd);
    this.#watched = this.#watched.filter((watched) => !fds.includes(watched.fd));
    this.#wake();
    await this.#round;
  }

  /** Stops watching everything and frees the eventfd. The poller is of no use afterwards. */
  async close(): Promise<void> {
    this.#watched = [];
    this.#wake();
    await this.#round;
    this.#symbols.close(this.#wakeFd);
  }

  #wake(): void {
    this.#symbols.write(this.#wakeFd, new BigUint64Array([1n]), 8n);
  }

  async #run(): Promise<void> {
    this.#running = true;
    let polled: readonly Watched[] = [];
    let entries = new Int16Array();
    while (this.#watched.length > 0) {
      if (polled !== this.#watched) {
        polled = this.#watched;
        entries = this.#entriesFor(polled);
      }
      this.#round = this.#symbols.poll(entries, BigInt(polled.length + 1), WAIT_FOR_EVER);
      await this.#round;
      this.#dispatch(polled, entries);
    }
    this.#running = false;
  }

  // poll(2) passes over what is negative; the eventfd is the last entry.
  #entriesFor(watched: readonly Watched[]): Int16Array<ArrayBuffer> {
    const fds = watched.map(({ fd }) => this.#paused.has(fd) ? -1 : fd);
    return new Int16Array(pollEntries([...fds, this.#wakeFd]).buffer);
  }

  #dispatch(watched: readonly Watched[], entries: Int16Array): void {
    const happened = (index: number) => entries[index * 4 + 3] !== 0;
    if (happened(watched.length)) {
      this.#symbols.read(this.#wakeFd, new BigUint64Array(1), 8n);
    }
    for (let index = 0; index < watched.length; index++) {
      const entry = watched[index];
      if (entry !== undefined && happened(index) && this.#isToTell(entry)) entry.onReadable();
    }
  }

  // The poll may have ended before the set changed.
  #isToTell(entry: Watched): boolean {
    return this.#watched.includes(entry) && !this.#paused.has(entry.fd);
  }
}

// struct pollfd is an int and two shorts.
function pollEntries(fds: readonly number[]): DataView<ArrayBuffer> {
  const view = new DataView(new ArrayBuffer(fds.length * ENTRY_BYTES));
  fds.forEach((fd, index) => {
    view.setInt32(index * ENTRY_BYTES, fd, true);
    view.setInt16(index * ENTRY_BYTES + 4, POLL_IN, true);
  });
  return view;
}

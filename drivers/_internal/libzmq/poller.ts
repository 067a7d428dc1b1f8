import type { LibzmqSymbols } from "./libzmq_library.ts";

const POLL_IN = 1;
const EVENTFD_NONBLOCK = 0o4000;
const WAIT_FOREVER = -1;

interface Watched {
  readonly fd: number;
  readonly onReadable: () => void;
}

const shared = new Map<LibzmqSymbols, Poller>();

/**
 * Waits for readable descriptors, off the main thread, in one poll(2) for all sockets of the
 * process, since a wait uses one of the runtime's few threads for blocking calls.
 *
 * An eventfd wakes it when the set changes. It keeps the process alive while it watches a
 * descriptor.
 */
export class Poller {
  readonly #symbols: LibzmqSymbols;
  readonly #wakeFd: number;
  #users = 0;
  #watched: readonly Watched[] = [];
  #isRunning = false;
  #round: Promise<unknown> = Promise.resolve();

  /** The poller of the process; {@linkcode Poller.release} releases it. */
  static acquire(symbols: LibzmqSymbols): Poller {
    const poller = shared.get(symbols) ?? new Poller(symbols);
    shared.set(symbols, poller);
    poller.#users++;
    return poller;
  }

  private constructor(symbols: LibzmqSymbols) {
    this.#symbols = symbols;
    this.#wakeFd = symbols.eventfd(0, EVENTFD_NONBLOCK);
    if (this.#wakeFd < 0) throw new Error("Cannot create an eventfd: no file descriptor is free");
  }

  watch(fd: number, onReadable: () => void): void {
    this.#watched = [...this.#watched, { fd, onReadable }];
    if (this.#isRunning) this.#wake();
    else void this.#run();
  }

  /** Resolves when no poll uses the descriptors, so that they may be closed. */
  async unwatch(fds: readonly number[]): Promise<void> {
    this.#watched = this.#watched.filter(({ fd }) => !fds.includes(fd));
    this.#wake();
    await this.#round;
  }

  async release(): Promise<void> {
    if (--this.#users > 0) return;
    shared.delete(this.#symbols);
    this.#wake();
    await this.#round;
    this.#symbols.close(this.#wakeFd);
  }

  #wake(): void {
    this.#symbols.write(this.#wakeFd, new BigUint64Array([1n]), 8n);
  }

  async #run(): Promise<void> {
    this.#isRunning = true;
    while (this.#watched.length > 0) {
      const watched = this.#watched;
      // The parts of a `struct pollfd`: a descriptor, and the wanted events with the result above
      // them.
      const fds = [...watched.map(({ fd }) => fd), this.#wakeFd];
      const entries = new Int32Array(fds.flatMap((fd) => [fd, POLL_IN]));
      this.#round = this.#symbols.poll(entries, BigInt(watched.length + 1), WAIT_FOREVER);
      await this.#round;
      const happened = (index: number) => (entries[2 * index + 1] ?? 0) >>> 16 !== 0;
      if (happened(watched.length)) {
        this.#symbols.read(this.#wakeFd, new BigUint64Array(1), 8n);
      }
      watched.forEach((entry, index) => {
        if (happened(index) && this.#watched.includes(entry)) entry.onReadable();
      });
    }
    this.#isRunning = false;
  }
}

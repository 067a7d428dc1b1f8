import type { Kernel } from "./kernel.ts";

export const READABLE = 1;
export const WRITABLE = 4;
export const FAILED = 8 | 16; // EPOLLERR | EPOLLHUP
const ADD = 1;
const REMOVE = 2;
const CHANGE = 3;

/** The kernel packs `struct epoll_event` on x86-64 only. */
const EVENT_BYTES = Deno.build.arch === "x86_64" ? 12 : 16;
const FD_AT = EVENT_BYTES - 8;
const MAX_EVENTS = 256;

/** One epoll of the kernel, and the events of its last wait. */
export class Epoll {
  readonly fd: number;
  readonly #kernel: Kernel;
  readonly #event = new DataView(new ArrayBuffer(EVENT_BYTES));
  readonly #eventBytes = new Uint8Array(this.#event.buffer);
  readonly #events = new DataView(new ArrayBuffer(EVENT_BYTES * MAX_EVENTS));
  readonly #eventsBytes = new Uint8Array(this.#events.buffer);

  /** @throws {KernelError} */
  constructor(kernel: Kernel) {
    this.#kernel = kernel;
    this.fd = kernel.epoll();
  }

  /** @throws {KernelError} */
  add(fd: number, bits: number): void {
    this.#control(ADD, fd, bits);
  }

  change(fd: number, bits: number): void {
    this.#control(CHANGE, fd, bits);
  }

  remove(fd: number): void {
    this.#control(REMOVE, fd, 0);
  }

  #control(operation: number, fd: number, bits: number): void {
    this.#event.setUint32(0, bits, true);
    this.#event.setInt32(FD_AT, fd, true);
    this.#kernel.control(this.fd, operation, fd, this.#eventBytes);
  }

  /** Waits up to `timeoutMs` on this thread. Returns the number of events. */
  wait(timeoutMs: number): number {
    return this.#kernel.wait(this.fd, this.#eventsBytes, MAX_EVENTS, timeoutMs);
  }

  /** Waits on another thread, without a timeout. Returns the number of events. */
  waitApart(): Promise<number> {
    return this.#kernel.waitApart(this.fd, this.#eventsBytes, MAX_EVENTS);
  }

  /** The descriptor of an event of the last wait. */
  fdAt(index: number): number {
    return this.#events.getInt32(index * EVENT_BYTES + FD_AT, true);
  }

  /** What the event is, as bits. */
  bitsAt(index: number): number {
    return this.#events.getUint32(index * EVENT_BYTES, true);
  }

  close(): void {
    this.#kernel.close(this.fd);
  }
}

import { Epoll, READABLE } from "./epoll.ts";
import type { Kernel } from "./kernel.ts";

/**
 * Descriptors that wake the event loop only while it is idle, or while one of them has no room to
 * write. At other times the loop checks them in the turns that other descriptors cause. A service
 * with 1,000 subscribers would otherwise wake for each report and heartbeat.
 */
export class DeferredDescriptors {
  readonly epoll: Epoll;
  readonly #loop: Epoll;
  readonly #full = new Set<number>();
  #wakes = true;

  /**
   * @param loop what the event loop waits for
   * @throws {KernelError}
   */
  constructor(kernel: Kernel, loop: Epoll) {
    this.epoll = new Epoll(kernel);
    this.#loop = loop;
    loop.add(this.epoll.fd, READABLE);
  }

  /** Notes whether a descriptor waits for room to write. */
  noteFull(fd: number, isFull: boolean): void {
    if (isFull) this.#full.add(fd);
    else this.#full.delete(fd);
  }

  /** Sets whether the descriptors wake the loop although none waits for room. */
  wake(isWanted: boolean): void {
    const wakes = isWanted || this.#full.size > 0;
    if (wakes === this.#wakes) return;
    this.#wakes = wakes;
    this.#loop.change(this.epoll.fd, wakes ? READABLE : 0);
  }

  /** The number of pending events. */
  pending(): number {
    return this.epoll.wait(0);
  }
}

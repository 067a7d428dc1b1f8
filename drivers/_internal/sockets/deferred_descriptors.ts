import { Epoll, READABLE } from "./epoll.ts";
import type { Kernel } from "./kernel.ts";

/**
 * Descriptors that wake the event loop only while it is idle. At other times the loop checks them
 * in every turn. A service with 1,000 subscribers would otherwise wake for each report and
 * heartbeat.
 */
export class DeferredDescriptors {
  readonly epoll: Epoll;
  readonly #loop: Epoll;
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

  /** Sets whether the descriptors wake the loop. */
  wake(isWanted: boolean): void {
    if (isWanted === this.#wakes) return;
    this.#wakes = isWanted;
    this.#loop.change(this.epoll.fd, isWanted ? READABLE : 0);
  }

  /** The number of pending events. */
  pending(): number {
    return this.epoll.wait(0);
  }
}

import type { LibzmqSymbols } from "./libzmq_library.ts";
import { KernelSockets } from "./kernel_sockets.ts";

const LOOK_AGAIN_MS = 1;
const LOOK_AGAIN_MOST_MS = 20;

/**
 * Second handles on connections, which outlive libzmq's.
 *
 * When libzmq has closed its own, the kernel still has octets to send, and drops them as soon as the
 * peer says anything more: a heartbeat is enough. As long as there is another handle it does not.
 */
export class KeptConnections {
  readonly #sockets: KernelSockets;
  readonly #handles: readonly number[];

  /** Takes them; descriptors that are none any more are left out. */
  constructor(symbols: LibzmqSymbols, descriptors: Iterable<number>) {
    this.#sockets = new KernelSockets(symbols);
    this.#handles = Array.from(descriptors, (fd) => this.#sockets.duplicate(fd))
      .filter((handle) => handle !== undefined);
  }

  /** Whether there is none. */
  get isEmpty(): boolean {
    return this.#handles.length === 0;
  }

  /** Whether a peer has gone: it may not have read all that was written. */
  get hasPeerLeft(): boolean {
    return this.#handles.some((handle) => this.#sockets.hasPeerLeft(handle));
  }

  /**
   * Waits until the peers have everything that was written: within a host when they have read it,
   * between hosts when their kernel has acknowledged it. False when the time is over before.
   *
   * @param deadline as `performance.now()` counts
   */
  async areRead(deadline: number): Promise<boolean> {
    for (let pauseMs = LOOK_AGAIN_MS; this.#hasUnread(); pauseMs *= 2) {
      if (performance.now() >= deadline) return false;
      const ms = Math.min(pauseMs, LOOK_AGAIN_MOST_MS);
      await new Promise((resolve) => setTimeout(resolve, ms));
    }
    return true;
  }

  #hasUnread(): boolean {
    return this.#handles.some((handle) => this.#sockets.hasUnread(handle));
  }

  /** Gives the handles back. @param port where the connections were accepted, if they are of TCP */
  close(port?: number): void {
    for (const handle of this.#handles) {
      if (port !== undefined) this.#sockets.discardIncoming(handle, port);
      this.#sockets.close(handle);
    }
  }
}

import type { TcpQueue } from "./tcp_queue.ts";

/** What a {@linkcode FlowWatch} asks and tells. */
export interface FlowWatchHooks {
  /** What the kernel still has to send on a connection. */
  readonly queueOf: (fd: number) => TcpQueue;
  /** Called once, when every connection has been seen to flow. */
  readonly onFlowing: () => void;
}

/** What the last look at a connection saw. */
interface Seen {
  /** In how many looks on end it flowed. */
  looks: number;
  notAcknowledged: number;
}

const LOOK_MS = 50;
/** libzmq's own thread may be a moment late to refill what the kernel has just sent: look again. */
const LOOKS_ON_END = 2;

/**
 * Finds out when all of a publisher's connections flow again, after one of them did not.
 *
 * libzmq tells nobody which of its queues is full, nor when one that had been full takes frames
 * again. But a queue fills only while the kernel cannot get rid of what it has, and as long as a
 * queue holds frames libzmq fills the kernel's up. So a connection of which the kernel has sent
 * everything, in two looks on end, has an empty queue behind it.
 */
export class FlowWatch {
  readonly #hooks: FlowWatchHooks;
  readonly #suspects: Map<number, Seen>;
  #timer: ReturnType<typeof setInterval> | undefined;

  /** Begins to look at the connections of these descriptors. */
  constructor(fds: Iterable<number>, hooks: FlowWatchHooks) {
    this.#hooks = hooks;
    const unseen = (fd: number) => [fd, { looks: 0, notAcknowledged: 0 }] as const;
    this.#suspects = new Map(Array.from(fds, unseen));
    this.#timer = setInterval(() => this.look(), LOOK_MS);
  }

  /** A connection has ended: nothing more can be lost on it. */
  forget(fd: number): void {
    this.#suspects.delete(fd);
  }

  /** Looks once; the timer does so by itself. */
  look(): void {
    for (const [fd, seen] of this.#suspects) {
      const queue = this.#hooks.queueOf(fd);
      seen.looks = flows(queue, seen) ? seen.looks + 1 : 0;
      seen.notAcknowledged = queue.notAcknowledged;
      if (seen.looks >= LOOKS_ON_END) this.#suspects.delete(fd);
    }
    if (this.#suspects.size > 0) return;
    this.close();
    this.#hooks.onFlowing();
  }

  /** Looks no more. */
  close(): void {
    clearInterval(this.#timer);
  }
}

// On a link that was cut the kernel may have sent everything and hear nothing of it.
function flows({ notSent, notAcknowledged }: TcpQueue, seen: Seen): boolean {
  if (notSent > 0) return false;
  return notAcknowledged === 0 || notAcknowledged !== seen.notAcknowledged;
}

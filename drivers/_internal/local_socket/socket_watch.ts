import { messageOf } from "../../contract/errors.ts";
import type { HealthEvent } from "../../contract/health.ts";
import type { Logger } from "../../contract/logger.ts";
import { nextTurn } from "../../contract/next_turn.ts";
import type { SocketPath } from "./socket_path.ts";

const LOOK_MS = 2_000;

/** Options of a {@linkcode SocketWatch}. */
export interface SocketWatchOptions {
  readonly path: SocketPath;
  /** Binds the socket at its path again. */
  readonly bindAgain: () => void;
  /** The address of the socket in health events. */
  readonly address: string;
  /** Called when peers can no longer connect, and when they can again. */
  readonly onHealth: (event: HealthEvent) => void;
  readonly log: Logger;
}

/**
 * Checks every two seconds whether peers that connect to a path still reach the socket that was
 * bound there. The kernel does not report it when the file of a socket is removed or replaced.
 *
 * It binds a free path again. It leaves a path that another process uses to that process, and
 * reports it until the path is free.
 */
export class SocketWatch {
  readonly #options: SocketWatchOptions;
  #timer: ReturnType<typeof setTimeout> | undefined;
  #looking: Promise<void> = Promise.resolve();
  #isStopped = false;
  /** The last reported fault. */
  #fault: string | undefined;

  /** Starts the checks. */
  constructor(options: SocketWatchOptions) {
    this.#options = options;
    this.#schedule();
  }

  #schedule(): void {
    if (this.#isStopped) return;
    this.#timer = setTimeout(() => {
      this.#looking = this.#look().finally(() => this.#schedule());
    }, LOOK_MS);
  }

  async #look(): Promise<void> {
    const { path, log } = this.#options;
    const found = await path.look();
    if (this.#isStopped) return;
    if (found === undefined) return this.#report(undefined);
    // While the path cannot be bound again, the longer report stays: it also says why.
    if (this.#fault?.startsWith(found.fault) !== true) this.#report(found.fault);
    if (!found.isFree) return;
    // The loss is logged first.
    await nextTurn();
    if (this.#isStopped) return;
    try {
      path.reclaim(this.#options.bindAgain);
      log.info(`Listening at "${path.path}" again`);
      this.#report(undefined);
    } catch (error) {
      this.#report(`${found.fault}, and it cannot be bound again: ${messageOf(error)}`);
    }
  }

  #report(fault: string | undefined): void {
    if (fault === this.#fault) return;
    this.#fault = fault;
    const { address, onHealth } = this.#options;
    if (fault === undefined) onHealth({ kind: "connected", address });
    else onHealth({ kind: "disconnected", address, reason: fault });
  }

  /** Stops the checks. Resolves when the last one is over; then the socket may be closed. */
  async stop(): Promise<void> {
    this.#isStopped = true;
    clearTimeout(this.#timer);
    await this.#looking;
  }
}

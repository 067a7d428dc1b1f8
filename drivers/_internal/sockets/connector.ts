import type { ByteStream } from "./byte_stream.ts";
import { Backoff } from "../../contract/backoff.ts";
import { messageOf } from "../../contract/errors.ts";
import { type Endpoint, hostAddress, type Lookup, unixAddress } from "./endpoint.ts";
import type { EventLoop } from "./event_loop.ts";
import { ERRNO, errnoText } from "./errno.ts";
import { KernelStream } from "./kernel_stream.ts";

/**
 * Timeout of an attempt. The kernel resends its first packet only after 1 s, then less and less
 * often.
 */
const CONNECT_TIMEOUT_MS = 750;
const FIRST_PAUSE_MS = 50;
const MAX_PAUSE_MS = 2_000;
/** Maximum pause after either end has refused the other one. */
export const MAX_REFUSED_PAUSE_MS = 10_000;
/** Maximum pause while the network is unreachable: a node reconnects within 1 s of its return. */
const MAX_UNREACHABLE_PAUSE_MS = 750;
const UNREACHABLE: readonly number[] = [ERRNO.networkUnreachable, ERRNO.hostUnreachable];

export interface ConnectorOptions {
  /** Time without data after which the kernel ends a connection, in milliseconds. */
  readonly tcpTimeoutMs?: number;
  /**
   * Called with each connection. Call {@linkcode Connector.retry} when the connection has ended.
   */
  readonly onStream: (stream: KernelStream) => void;
  /** Called when an attempt has failed. The connector retries by itself. */
  readonly onFailure: (reason: string) => void;
  /** Finds the addresses of a host name. @default the system's */
  readonly lookup?: Lookup;
}

/** {@linkcode ConnectorOptions} with any stream over the connection. */
export type StreamOptions = Omit<ConnectorOptions, "onStream"> & {
  readonly onStream: (stream: ByteStream) => void;
};

/**
 * Connects to an endpoint and reconnects, with a backoff of 50 ms to 2 s and jitter; up to 10 s
 * after a refusal. While the network is silent or unreachable, it tries at least every 800 ms.
 */
export class Connector {
  readonly #loop: EventLoop;
  readonly #endpoint: Endpoint;
  readonly #options: ConnectorOptions;
  readonly #backoff = new Backoff({ firstMs: FIRST_PAUSE_MS, maxMs: MAX_REFUSED_PAUSE_MS });
  #timer: ReturnType<typeof setTimeout> | undefined;
  /** The descriptor of an attempt in progress. */
  #fd: number | undefined;
  /** Number of attempts without success: each attempt uses another address of the host. */
  #failures = 0;
  #isClosed = false;

  constructor(loop: EventLoop, endpoint: Endpoint, options: ConnectorOptions) {
    this.#loop = loop;
    this.#endpoint = endpoint;
    this.#options = options;
    void this.#connect();
  }

  /** The connection was successful: resets the backoff, and keeps the address. */
  noteSuccess(): void {
    this.#backoff.reset();
    this.#failures--;
  }

  /** Connects again after a pause. */
  retry(maxPauseMs = MAX_PAUSE_MS): void {
    if (this.#isClosed || this.#timer !== undefined) return;
    this.#failures++;
    this.#timer = setTimeout(() => {
      this.#timer = undefined;
      void this.#connect();
    }, this.#backoff.next(maxPauseMs));
  }

  async #connect(): Promise<void> {
    try {
      const { kernel } = this.#loop;
      const { family, bytes } = await this.#address();
      if (this.#isClosed) return;
      const fd = kernel.socket(family);
      const errno = kernel.connect(fd, bytes);
      if (errno === ERRNO.inProgress) this.#wait(fd);
      else this.#end(fd, errno);
    } catch (error) {
      this.#fail(messageOf(error));
    }
  }

  #address() {
    const endpoint = this.#endpoint;
    return endpoint.kind === "ipc"
      ? unixAddress(endpoint.path)
      : hostAddress(this.#loop.kernel, endpoint.host, endpoint.port, {
        attempt: this.#failures,
        lookup: this.#options.lookup,
      });
  }

  #wait(fd: number): void {
    this.#fd = fd;
    this.#timer = setTimeout(() => {
      this.#giveUp();
      // The timeout has already served as a pause.
      this.#fail(`no answer for ${CONNECT_TIMEOUT_MS / 1000} s`, FIRST_PAUSE_MS);
    }, CONNECT_TIMEOUT_MS);
    const look = () => {
      this.#stopWaiting();
      this.#end(fd, this.#loop.kernel.connectionError(fd));
    };
    this.#loop.add(fd, { onReadable: look, onWritable: look });
    this.#loop.change(fd, { reading: false, writing: true });
  }

  #giveUp(): void {
    const fd = this.#fd;
    this.#stopWaiting();
    if (fd !== undefined) this.#loop.kernel.close(fd);
  }

  #stopWaiting(): void {
    // An unnecessary call would load a module of Node: see `after`.
    if (this.#timer !== undefined) clearTimeout(this.#timer);
    this.#timer = undefined;
    if (this.#fd !== undefined) this.#loop.remove(this.#fd);
    this.#fd = undefined;
  }

  /** Ends the attempt with a connection, or with the errno of a failure. */
  #end(fd: number, errno: number): void {
    const { tcpTimeoutMs, onStream } = this.#options;
    const endpoint = this.#endpoint;
    if (errno !== 0) {
      this.#loop.kernel.close(fd);
      const maxPauseMs = UNREACHABLE.includes(errno) ? MAX_UNREACHABLE_PAUSE_MS : MAX_PAUSE_MS;
      return this.#fail(errnoText(errno), maxPauseMs);
    }
    if (endpoint.kind === "tcp" && tcpTimeoutMs !== undefined) {
      this.#loop.kernel.tuneTcp(fd, tcpTimeoutMs);
    }
    const peer = endpoint.kind === "ipc" ? endpoint.path : `${endpoint.host}:${endpoint.port}`;
    onStream(new KernelStream(this.#loop, fd, peer));
  }

  #fail(reason: string, maxPauseMs?: number): void {
    this.#options.onFailure(reason);
    this.retry(maxPauseMs);
  }

  /** Stops connecting. An established connection stays open. */
  close(): void {
    this.#isClosed = true;
    this.#giveUp();
  }
}

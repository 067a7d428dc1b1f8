import { Backoff } from "../../contract/backoff.ts";
import { messageOf } from "../../contract/errors.ts";
import { type Endpoint, hostAddress, unixAddress } from "./endpoint.ts";
import type { EventLoop } from "./event_loop.ts";
import { ERRNO, errnoText } from "./errno.ts";
import { KernelStream } from "./kernel_stream.ts";

/** The kernel would repeat its first packet after a second, and then ever more rarely. */
const CONNECT_TIMEOUT_MS = 750;
const FIRST_PAUSE_MS = 50;
const MAX_PAUSE_MS = 2_000;
/** Of an unreachable network: a node is back within a second of its network. */
const MAX_UNREACHABLE_PAUSE_MS = 750;
const UNREACHABLE: readonly number[] = [ERRNO.networkUnreachable, ERRNO.hostUnreachable];

export interface ConnectorOptions {
  /** Time without data after which the kernel ends a connection, in milliseconds. */
  readonly tcpTimeoutMs?: number;
  /** Called with each connection; call {@linkcode Connector.retry} when it has ended. */
  readonly onStream: (stream: KernelStream) => void;
  /** Called when an attempt failed; the next one follows by itself. */
  readonly onFailure: (reason: string) => void;
}

/**
 * Connects to an endpoint and reconnects, with a backoff of 50 ms to 2 s and jitter. While the network
 * is silent or unreachable it tries at least every 800 ms.
 */
export class Connector {
  readonly #loop: EventLoop;
  readonly #endpoint: Endpoint;
  readonly #options: ConnectorOptions;
  readonly #backoff = new Backoff({ firstMs: FIRST_PAUSE_MS, maxMs: MAX_PAUSE_MS });
  #timer: ReturnType<typeof setTimeout> | undefined;
  /** A connection that is being made. */
  #fd: number | undefined;
  #isClosed = false;

  constructor(loop: EventLoop, endpoint: Endpoint, options: ConnectorOptions) {
    this.#loop = loop;
    this.#endpoint = endpoint;
    this.#options = options;
    void this.#connect();
  }

  /** The handshake succeeded: the backoff begins anew. */
  noteSuccess(): void {
    this.#backoff.reset();
  }

  /** Connects again after a pause. */
  retry(maxPauseMs: number = MAX_PAUSE_MS): void {
    if (this.#isClosed || this.#timer !== undefined) return;
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
      if (errno === 0) this.#done(fd);
      else if (errno === ERRNO.inProgress) this.#wait(fd);
      else {
        kernel.close(fd);
        this.#failWith(errno);
      }
    } catch (error) {
      this.#fail(messageOf(error));
    }
  }

  #address() {
    const endpoint = this.#endpoint;
    return endpoint.kind === "ipc"
      ? unixAddress(endpoint.path)
      : hostAddress(this.#loop.kernel, endpoint.host, endpoint.port);
  }

  #wait(fd: number): void {
    this.#fd = fd;
    this.#timer = setTimeout(() => {
      this.#giveUp(fd);
      // The attempt was its own pause.
      this.#fail(`no answer for ${CONNECT_TIMEOUT_MS / 1000} s`, FIRST_PAUSE_MS);
    }, CONNECT_TIMEOUT_MS);
    const look = () => {
      const errno = this.#loop.kernel.connectionError(fd);
      if (errno === 0) {
        this.#stopWaiting();
        this.#done(fd);
      } else {
        this.#giveUp(fd);
        this.#failWith(errno);
      }
    };
    this.#loop.add(fd, { onReadable: look, onWritable: look });
    this.#loop.change(fd, { reading: false, writing: true });
  }

  #giveUp(fd: number): void {
    this.#stopWaiting();
    this.#loop.kernel.close(fd);
  }

  #stopWaiting(): void {
    // Without need it would load a module of Node's: see `after`.
    if (this.#timer !== undefined) clearTimeout(this.#timer);
    this.#timer = undefined;
    if (this.#fd !== undefined) this.#loop.remove(this.#fd);
    this.#fd = undefined;
  }

  #done(fd: number): void {
    const { tcpTimeoutMs, onStream } = this.#options;
    const endpoint = this.#endpoint;
    if (endpoint.kind === "tcp" && tcpTimeoutMs !== undefined) {
      this.#loop.kernel.tuneTcp(fd, tcpTimeoutMs);
    }
    const peer = endpoint.kind === "ipc" ? endpoint.path : `${endpoint.host}:${endpoint.port}`;
    onStream(new KernelStream(this.#loop, fd, peer));
  }

  #failWith(errno: number): void {
    const isUnreachable = UNREACHABLE.includes(errno);
    this.#fail(errnoText(errno), isUnreachable ? MAX_UNREACHABLE_PAUSE_MS : MAX_PAUSE_MS);
  }

  #fail(reason: string, maxPauseMs: number = MAX_PAUSE_MS): void {
    this.#options.onFailure(reason);
    this.retry(maxPauseMs);
  }

  /** Stops connecting; a connection that was made stays. */
  close(): void {
    this.#isClosed = true;
    if (this.#fd === undefined) this.#stopWaiting();
    else this.#giveUp(this.#fd);
  }
}

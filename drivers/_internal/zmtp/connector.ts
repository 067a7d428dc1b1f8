import { messageOf } from "../../contract/errors.ts";
import { type Endpoint, hostAddress, unixAddress } from "./endpoint.ts";
import type { EventLoop } from "./event_loop.ts";
import { ERRNO, errnoText } from "./errno.ts";
import { KernelStream } from "./kernel_stream.ts";

const CONNECT_TIMEOUT_MS = 2_000;
const FIRST_PAUSE_MS = 50;
const MAX_PAUSE_MS = 2_000;

/** How a {@linkcode Connector} works. */
export interface ConnectorOptions {
  readonly isEager?: boolean;
  /** Time without data after which the kernel ends a connection, in milliseconds. */
  readonly tcpTimeoutMs?: number;
  /** Called with each connection; call {@linkcode Connector.retry} when it has ended. */
  readonly onStream: (stream: KernelStream) => void;
  /** Called when an attempt failed; the next one follows by itself. */
  readonly onFailure: (reason: string) => void;
}

/** Connects to an endpoint and reconnects, with a backoff of 50 ms to 2 s and jitter. */
export class Connector {
  readonly #loop: EventLoop;
  readonly #endpoint: Endpoint;
  readonly #options: ConnectorOptions;
  #pauseMs = FIRST_PAUSE_MS;
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
    this.#pauseMs = FIRST_PAUSE_MS;
  }

  /** Connects again after a pause. */
  retry(): void {
    if (this.#isClosed || this.#timer !== undefined) return;
    const pauseMs = this.#pauseMs * (0.5 + Math.random() / 2);
    this.#pauseMs = Math.min(2 * this.#pauseMs, MAX_PAUSE_MS);
    this.#timer = setTimeout(() => {
      this.#timer = undefined;
      void this.#connect();
    }, pauseMs);
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
        this.#fail(errnoText(errno));
      }
    } catch (error) {
      if (!this.#isClosed) this.#fail(messageOf(error));
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
    this.#timer = setTimeout(
      () => this.#settle(`no answer for ${CONNECT_TIMEOUT_MS / 1000} s`),
      CONNECT_TIMEOUT_MS,
    );
    const look = () => {
      const errno = this.#loop.kernel.connectionError(fd);
      this.#settle(errno === 0 ? undefined : errnoText(errno));
    };
    this.#loop.add(fd, { onReadable: look, onWritable: look });
    this.#loop.change(fd, { reading: false, writing: true });
  }

  /** @param failure why the connection could not be made; undefined when it is there */
  #settle(failure: string | undefined): void {
    const fd = this.#fd;
    if (fd === undefined) return;
    this.#stopWaiting();
    if (failure === undefined) return this.#done(fd);
    this.#loop.kernel.close(fd);
    this.#fail(failure);
  }

  #stopWaiting(): void {
    // Without need it would load a module of Node's: see `after`.
    if (this.#timer !== undefined) clearTimeout(this.#timer);
    this.#timer = undefined;
    if (this.#fd !== undefined) this.#loop.remove(this.#fd);
    this.#fd = undefined;
  }

  #done(fd: number): void {
    const { tcpTimeoutMs, isEager = false, onStream } = this.#options;
    const endpoint = this.#endpoint;
    if (endpoint.kind === "tcp" && tcpTimeoutMs !== undefined) {
      this.#loop.kernel.tuneTcp(fd, tcpTimeoutMs);
    }
    const peer = endpoint.kind === "ipc" ? endpoint.path : `${endpoint.host}:${endpoint.port}`;
    onStream(new KernelStream(this.#loop, fd, peer, { isEager }));
  }

  #fail(reason: string): void {
    this.#options.onFailure(reason);
    this.retry();
  }

  /** Stops connecting; a connection that was made stays. */
  close(): void {
    if (this.#isClosed) return;
    this.#isClosed = true;
    const fd = this.#fd;
    this.#stopWaiting();
    if (fd !== undefined) this.#loop.kernel.close(fd);
  }
}

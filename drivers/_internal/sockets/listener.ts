import type { Logger } from "../../contract/logger.ts";
import { maxDescriptors } from "./descriptors.ts";
import { formatAddress, type SocketAddress } from "./endpoint.ts";
import type { EventLoop } from "./event_loop.ts";
import { ERRNO } from "./errno.ts";
import { KernelStream } from "./kernel_stream.ts";

export interface ListenerOptions {
  /** The name of the listener in log messages. */
  readonly name: string;
  readonly log: Logger;
  /** Time without data after which the kernel ends a connection, in milliseconds. */
  readonly tcpTimeoutMs?: number;
  /**
   * Number of descriptors reserved for everything else in the process. The listener refuses
   * connections when fewer are free.
   *
   * @default 0
   */
  readonly reservedDescriptors?: number;
  /**
   * Whether connections wake the event loop only while it is idle.
   *
   * @default false
   */
  readonly isDeferred?: boolean;
  /**
   * Maximum number of bytes that the kernel holds of a connection until they are read.
   *
   * @default as many as the kernel finds useful: megabytes
   */
  readonly maxUnreadBytes?: number;
  /** Called for each connection that the listener refuses because descriptors run out. */
  readonly onRefused?: () => void;
  readonly onStream: (stream: KernelStream) => void;
}

/** Maximum number of connections to accept before other work runs. */
const MAX_ACCEPTED = 4;
/** Pause when there is no descriptor even to refuse a connection, in milliseconds. */
const REST_MS = 100;

/** A bound socket that accepts connections. Their traffic keeps the event loop on this thread. */
export class Listener {
  readonly #loop: EventLoop;
  readonly #fd: number;
  readonly #options: ListenerOptions;
  /** A spare descriptor: the listener closes it to refuse a connection when no other is free. */
  #spare: number | undefined;
  #resting: ReturnType<typeof setTimeout> | undefined;
  /**
   * The listener refuses connections with this descriptor or a higher one. The kernel assigns the
   * lowest free one.
   */
  readonly #maxDescriptor: number;
  #isFull = false;
  #isClosed = false;

  /** @throws {KernelError} */
  constructor(loop: EventLoop, address: SocketAddress, options: ListenerOptions) {
    this.#loop = loop;
    this.#options = options;
    const { reservedDescriptors = 0, maxUnreadBytes } = options;
    const limit = reservedDescriptors === 0 ? Infinity : maxDescriptors();
    this.#maxDescriptor = limit - Math.min(reservedDescriptors, limit / 4);
    const { kernel } = loop;
    this.#fd = kernel.socket(address.family);
    try {
      kernel.reuseAddress(this.#fd);
      // Connections inherit it.
      if (maxUnreadBytes !== undefined) kernel.limitReceived(this.#fd, maxUnreadBytes);
      kernel.listen(this.#fd, address.bytes);
      this.#spare = kernel.eventfd();
      loop.add(this.#fd, { onReadable: () => this.#accept() });
    } catch (error) {
      kernel.close(this.#fd);
      if (this.#spare !== undefined) kernel.close(this.#spare);
      throw error;
    }
  }

  /** `host:port` with the actual port. */
  get address(): string {
    return formatAddress(this.#loop.kernel.localAddress(this.#fd));
  }

  #accept(): void {
    const { kernel } = this.#loop;
    for (let count = 0; count < MAX_ACCEPTED && !this.#isClosed; count++) {
      const fd = kernel.accept(this.#fd);
      if (fd >= this.#maxDescriptor) {
        kernel.close(fd);
        this.#noteFull();
      } else if (fd >= 0) this.#take(fd);
      else if (-fd === ERRNO.tooManyFiles || -fd === ERRNO.tooManyFilesInSystem) {
        if (!this.#refuseOne()) return;
      } else if (-fd !== ERRNO.connectionAborted && -fd !== ERRNO.interrupted) return;
    }
  }

  #take(fd: number): void {
    const { name, log, tcpTimeoutMs, isDeferred = false, onStream } = this.#options;
    if (this.#isFull) log.info(`Accepting connections at ${name} again`);
    this.#isFull = false;
    if (tcpTimeoutMs !== undefined) this.#loop.kernel.tuneTcp(fd, tcpTimeoutMs);
    const peer = formatAddress(this.#loop.kernel.peerAddress(fd));
    const manner = { isEager: true, isDeferred };
    onStream(new KernelStream(this.#loop, fd, peer === "" ? name : peer, manner));
  }

  /** Accepts and closes a connection, so that its peer does not wait. Returns false on failure. */
  #refuseOne(): boolean {
    const { kernel } = this.#loop;
    this.#noteFull();
    this.#spare ??= this.#eventfd();
    if (this.#spare === undefined) return this.#rest();
    kernel.close(this.#spare);
    this.#spare = undefined;
    const fd = kernel.accept(this.#fd);
    if (fd >= 0) kernel.close(fd);
    this.#spare = this.#eventfd();
    return fd >= 0;
  }

  #noteFull(): void {
    const { name, log, onRefused } = this.#options;
    if (!this.#isFull) {
      const advice = "raise LimitNOFILE of the unit, or ulimit -n";
      log.warn(`Refusing connections at ${name}: too many open files: ${advice}`);
    }
    this.#isFull = true;
    onRefused?.();
  }

  /** Returns undefined if another thread of this process has taken the descriptor. */
  #eventfd(): number | undefined {
    try {
      return this.#loop.kernel.eventfd();
    } catch {
      return undefined;
    }
  }

  #rest(): false {
    this.#loop.change(this.#fd, { reading: false, writing: false });
    this.#resting = setTimeout(
      () => this.#loop.change(this.#fd, { reading: true, writing: false }),
      REST_MS,
    );
    return false;
  }

  /** Stops accepting. Accepted connections stay open. */
  close(): void {
    if (this.#isClosed) return;
    this.#isClosed = true;
    clearTimeout(this.#resting);
    this.#loop.remove(this.#fd);
    this.#loop.kernel.close(this.#fd);
    if (this.#spare !== undefined) this.#loop.kernel.close(this.#spare);
  }
}

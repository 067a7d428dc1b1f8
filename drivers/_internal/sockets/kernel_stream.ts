import { type ByteStream, ENDED, type StreamEvents } from "./byte_stream.ts";
import type { EventLoop, Watched } from "./event_loop.ts";
import { ERRNO, errnoText } from "./errno.ts";

type Manner = Pick<Watched, "isEager" | "isDeferred">;

/** A connected kernel socket on the event loop. */
export class KernelStream implements ByteStream {
  readonly peer: string;
  readonly fd: number;
  endReason = "the peer closed the connection";
  readonly #loop: EventLoop;
  readonly #manner: Manner;
  #isClosed = false;

  /**
   * @param fd a connected, non-blocking socket; the stream closes it
   * @param manner how the event loop treats its traffic
   */
  constructor(
    loop: EventLoop,
    fd: number,
    peer: string,
    manner: Manner = {},
  ) {
    this.#loop = loop;
    this.fd = fd;
    this.peer = peer;
    this.#manner = manner;
  }

  start(events: StreamEvents): void {
    this.#loop.add(this.fd, { ...events, ...this.#manner });
  }

  receive(into: Uint8Array<ArrayBuffer>): number {
    const count = this.#loop.kernel.receive(this.fd, into);
    if (count > 0) return count;
    if (count === 0) return ENDED;
    return this.#failed(-count);
  }

  send(bytes: Uint8Array<ArrayBuffer>): number {
    const count = this.#loop.kernel.send(this.fd, bytes);
    return count >= 0 ? count : this.#failed(-count);
  }

  #failed(errno: number): number {
    if (errno === ERRNO.again || errno === ERRNO.interrupted) return 0;
    this.endReason = errnoText(errno);
    return ENDED;
  }

  watch(what: { readonly reading: boolean; readonly writing: boolean }): void {
    if (!this.#isClosed) this.#loop.change(this.fd, what);
  }

  unsent(): number {
    return this.#isClosed ? 0 : this.#loop.kernel.unsent(this.fd);
  }

  shutdown(direction: "incoming" | "outgoing"): void {
    if (!this.#isClosed) this.#loop.kernel.shutdown(this.fd, direction === "incoming" ? 0 : 1);
  }

  close(): void {
    if (this.#isClosed) return;
    this.#isClosed = true;
    this.#loop.remove(this.fd);
    this.#loop.kernel.close(this.fd);
  }
}

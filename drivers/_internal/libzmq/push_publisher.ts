import { DriverError } from "../../contract/errors.ts";
import type { CloseReport, DriverContext, FramePublisher } from "../../contract/pubsub.ts";
import type { WaitOptions } from "../../contract/waiting.ts";
import { listenerFault } from "../local_socket/listener_trust.ts";
import { noService, refuseWithoutPermission } from "../local_socket/local_access.ts";
import { peerUid } from "../local_socket/system_calls.ts";
import type { ConnectionEvent } from "./monitor.ts";
import { SendingEnd } from "./sending_end.ts";
import { SOCKET_TYPE } from "./zmq_h.ts";

const SEND_TIMEOUT_MS = 5_000;
/** A service that starts gives its socket away a moment after it has made it. */
const PERMISSION_WAIT_MS = 250;

/** A PUSH socket that hands events to the publisher service of this host. */
export class PushPublisher extends SendingEnd implements FramePublisher {
  readonly address: string;
  readonly #path: string;
  #isConnected = false;
  /** Why the service at the address is not sent to. */
  #fault: DriverError | undefined;
  #hasSent = false;
  /** Whether a connection was lost, and with it maybe what was on its way. */
  #mayHaveLost = false;

  /** @throws {DriverError} `ADDRESS_INVALID` for a socket of an account that is not trusted */
  static open(context: DriverContext, path: string): Promise<PushPublisher> {
    return Promise.resolve().then(() => {
      const fault = listenerFault(`ipc://${path}`);
      if (fault !== undefined) throw fault;
      return new PushPublisher(context, path);
    });
  }

  private constructor(context: DriverContext, path: string) {
    const address = `ipc://${path}`;
    super(context, { type: SOCKET_TYPE.push, address, action: "connect" });
    this.#path = path;
    this.address = address;
  }

  override trySend(topic: string, payload: Uint8Array): boolean {
    const bytes = this.check(topic, payload);
    if (this.#fault !== undefined) throw this.#fault;
    const isTaken = this.#isConnected && this.socket.sendPair(bytes, payload);
    this.#hasSent ||= isTaken;
    return isTaken;
  }

  async send(topic: string, payload: Uint8Array, options: WaitOptions = {}): Promise<void> {
    const { timeoutMs = SEND_TIMEOUT_MS } = options;
    const isTaken = () => this.trySend(topic, payload);
    const soonMs = Math.min(timeoutMs, PERMISSION_WAIT_MS);
    if (await this.changed.until(isTaken, { ...options, timeoutMs: soonMs })) return;
    if (!this.#isConnected) refuseWithoutPermission(this.#path);
    if (await this.changed.until(isTaken, { ...options, timeoutMs: timeoutMs - soonMs })) return;
    const waited = `waited ${timeoutMs / 1000} s`;
    if (!this.#isConnected) throw noService(this.#path, { detail: `: ${waited}` });
    const message = `The publisher service at "${this.address}" takes no more events: ${waited}`;
    throw new DriverError("SEND_TIMEOUT", message);
  }

  protected onConnection({ kind, fd }: ConnectionEvent): void {
    const { address } = this;
    if (kind === "connected") this.#fault = listenerFault(address, peerUid(fd));
    if (kind === "ready" && this.#fault === undefined) {
      this.#isConnected = true;
      this.health.publish({ kind: "connected", address });
    }
    if (kind === "closed" && this.#isConnected) {
      this.#isConnected = false;
      this.#mayHaveLost ||= this.#hasSent;
      const reason = "the publisher service closed the connection";
      this.health.publish({ kind: "disconnected", address, reason });
    }
    this.changed.notify();
  }

  override async close(options?: { readonly timeoutMs?: number }): Promise<CloseReport> {
    const { flushed } = await super.close(options);
    return { flushed: flushed && !this.#mayHaveLost };
  }
}

import { Broadcast } from "../../contract/channel.ts";
import { DriverError } from "../../contract/errors.ts";
import type { HealthEvent } from "../../contract/health.ts";
import { pubSubMaxEventBytes } from "../../contract/options.ts";
import type { CloseReport, DriverContext, FramePublisher } from "../../contract/pubsub.ts";
import type { WaitOptions } from "../../contract/waiting.ts";
import { addressError } from "./address_error.ts";
import { noService, refuseWithoutPermission } from "./local_access.ts";
import type { ZmqSocket } from "./libzmq.ts";
import { SOCKET_TYPE } from "./zmq_h.ts";
import { Notifier } from "../notifier.ts";
import { distrust } from "./ipc_trust.ts";
import { KernelSockets } from "./kernel_sockets.ts";
import { Reviver } from "./reviver.ts";
import { KeptConnections } from "./kept_connections.ts";
import type { ConnectionEvent } from "./monitor.ts";
import { ZmqEngine } from "./engine.ts";
import { FrameChecks } from "../frame_checks.ts";

const SEND_TIMEOUT_MS = 5_000;
/** A service that starts gives its socket away a moment after it has made it. */
const PERMISSION_WAIT_MS = 250;
const CLOSE_TIMEOUT_MS = 1_000;

/** A PUSH socket that hands events to the publisher service of this host. */
export class PushPublisher implements FramePublisher {
  readonly address: string;
  readonly health = new Broadcast<HealthEvent>();
  readonly #path: string;
  readonly #engine: ZmqEngine;
  readonly #kernel: KernelSockets;
  readonly #checks: FrameChecks;
  readonly #socket: ZmqSocket;
  readonly #reviver: Reviver;
  readonly #changed = new Notifier();
  /** The connection to the service, while there is one. */
  #connection: number | undefined;
  #serviceIsThere = false;
  /** Why what listens at the address is not sent to. */
  #distrust: DriverError | undefined;
  #hasSent = false;
  /** Whether a connection was lost, and with it maybe what libzmq or the kernel still held. */
  #mayHaveLost = false;
  #closing: Promise<CloseReport> | undefined;

  static async open(driver: DriverContext, path: string): Promise<PushPublisher> {
    const engine = new ZmqEngine(driver);
    try {
      return new PushPublisher(driver, engine, path);
    } catch (error) {
      await engine.close(0);
      throw error;
    }
  }

  private constructor(driver: DriverContext, engine: ZmqEngine, path: string) {
    const address = `ipc://${path}`;
    this.#path = path;
    this.#engine = engine;
    this.address = address;
    this.#kernel = new KernelSockets(engine.library.symbols);
    const reason = distrust(address, this.#kernel);
    if (reason !== undefined) throw reason;
    this.#checks = new FrameChecks(driver.settings.get(pubSubMaxEventBytes));
    this.#socket = engine.socket(SOCKET_TYPE.push, address, {
      onReady: () => this.#changed.notify(),
      onConnection: (event) => this.#onConnection(event),
    });
    this.#reviver = new Reviver(this.#socket, address);
    try {
      this.#socket.connect(address);
    } catch (error) {
      throw addressError("connect to the publisher service at", address, error);
    }
  }

  trySend(topic: string, payload: Uint8Array): boolean {
    if (this.#closing !== undefined) {
      throw new DriverError("CLOSED", `Cannot send to "${this.address}": the publisher is closed`);
    }
    const octets = this.#checks.check(topic, payload);
    if (this.#distrust !== undefined) throw this.#distrust;
    const isTaken = this.#serviceIsThere && this.#socket.sendPair(octets, payload);
    if (isTaken) this.#hasSent = true;
    return isTaken;
  }

  async send(topic: string, payload: Uint8Array, options: WaitOptions = {}): Promise<void> {
    const bounds = { timeoutMs: SEND_TIMEOUT_MS, ...options };
    const isTaken = () => this.trySend(topic, payload);
    const soonMs = Math.min(bounds.timeoutMs, PERMISSION_WAIT_MS);
    if (await this.#changed.until(isTaken, { ...bounds, timeoutMs: soonMs })) return;
    if (!this.#serviceIsThere) refuseWithoutPermission(this.#path);
    const timeoutMs = bounds.timeoutMs - soonMs;
    if (timeoutMs > 0 && await this.#changed.until(isTaken, { ...bounds, timeoutMs })) return;
    const waited = `waited ${bounds.timeoutMs / 1000} s`;
    if (!this.#serviceIsThere) {
      // The kernel connects to whoever listens, be it a process that stands still.
      if (this.#connection === undefined) throw noService(this.#path, { detail: `: ${waited}` });
      const what = `The publisher service at "${this.address}" does not answer`;
      throw new DriverError("NO_PUBLISHER_SERVICE", `${what}: ${waited}`);
    }
    const message = `The publisher service at "${this.address}" takes no more events: ${waited}`;
    throw new DriverError("SEND_TIMEOUT", message);
  }

  #onConnection(event: ConnectionEvent): void {
    this.#reviver.onConnection(event);
    if (event.kind === "connected") this.#onConnected(event.fd);
    if (event.kind === "refused") this.#connection = undefined;
    if (event.kind === "ready") this.#onReady();
    if (event.kind === "closed") this.#onLost();
  }

  #onConnected(fd: number): void {
    this.#connection = fd;
    this.#distrust = distrust(this.address, this.#kernel, fd);
    if (this.#distrust !== undefined) this.#kernel.end(fd);
    this.#changed.notify();
  }

  #onReady(): void {
    if (this.#distrust !== undefined) return;
    this.#serviceIsThere = true;
    this.health.publish({ kind: "connected", address: this.address });
    this.#changed.notify();
  }

  #onLost(): void {
    this.#connection = undefined;
    this.#serviceIsThere = false;
    this.#mayHaveLost ||= this.#hasSent;
    const reason = "the publisher service closed the connection";
    this.health.publish({ kind: "disconnected", address: this.address, reason });
  }

  close(options: { readonly timeoutMs?: number } = {}): Promise<CloseReport> {
    this.#closing ??= this.#close(options.timeoutMs ?? CLOSE_TIMEOUT_MS);
    this.#changed.notify();
    return this.#closing;
  }

  // A lost connection takes up to 8 KiB with it that libzmq had encoded and the kernel had not
  // taken, and what a killed service had not read: nobody can tell whether there was any.
  async #close(timeoutMs: number): Promise<CloseReport> {
    this.#reviver.close();
    const { flushed } = await this.#flush(timeoutMs);
    return { flushed: flushed && !this.#mayHaveLost };
  }

  // libzmq drops what the service has not read when this end closes first. So a second handle on
  // the connection outlives libzmq's until the kernel has handed everything over.
  async #flush(timeoutMs: number): Promise<CloseReport> {
    const deadline = performance.now() + timeoutMs;
    this.#engine.tellConnections(this.#socket);
    const open = this.#connection === undefined ? [] : [this.#connection];
    const kept = new KeptConnections(this.#engine.library.symbols, open);
    const report = await this.#engine.close(timeoutMs);
    this.health.close();
    // A connection that ends in this moment is not told of any more.
    if (kept.isEmpty) return { flushed: report.flushed && this.#connection === undefined };
    const areRead = await kept.areRead(deadline);
    // What was not read when the service died is unread no more: the kernel has dropped it.
    const flushed = report.flushed && areRead && !kept.hasPeerLeft;
    kept.close();
    return { flushed };
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close();
  }
}

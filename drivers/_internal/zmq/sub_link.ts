import type { HealthEvent, LiveProof } from "../../contract/health.ts";
import { addressError } from "./address_error.ts";
import type { ZmqSocket } from "./libzmq.ts";
import { OPTION, SOCKET_TYPE } from "./zmq_h.ts";
import { newProbe, sameOctets } from "./probe.ts";
import { Reviver } from "./reviver.ts";
import type { ZmqEngine } from "./engine.ts";
import type { ConnectionEvent } from "./monitor.ts";

/** After so long without an answer to its probe a link counts as live; some publishers never answer. */
const ECHO_TIMEOUT_MS = 250;
const LATE_ECHO = "the publisher knew the subscriptions late: events before may be lost";

export interface SubLinkHooks {
  readonly onReadable: () => void;
  readonly onHealth: (event: HealthEvent) => void;
}

/** One connection of a subscriber to one publisher, and what is known of it. */
export class SubLink {
  readonly socket: ZmqSocket;
  readonly #engine: ZmqEngine;
  readonly #address: string;
  readonly #hooks: SubLinkHooks;
  readonly #reviver: Reviver;
  #connected = false;
  #connectedAt = 0;
  /** Whether the publisher is known to answer heartbeats, or is asked for none any more. */
  #heartbeatsAreSettled = false;
  #lostBecause: string | undefined;
  #live = false;
  #isBehind = false;
  #probe: Uint8Array<ArrayBuffer> | undefined;
  #patience: ReturnType<typeof setTimeout> | undefined;

  /** @throws {DriverError} `ADDRESS_INVALID` */
  constructor(engine: ZmqEngine, address: string, hooks: SubLinkHooks) {
    this.#engine = engine;
    this.#address = address;
    this.#hooks = hooks;
    this.socket = engine.socket(SOCKET_TYPE.sub, address, {
      onReady: hooks.onReadable,
      onConnection: (event) => this.#onConnection(event),
    });
    this.#reviver = new Reviver(this.socket, address);
  }

  connect(): void {
    try {
      this.socket.connect(this.#address);
    } catch (error) {
      throw addressError("subscribe to", this.#address, error);
    }
  }

  /** Whether every topic asked for is known to the publisher. */
  get live(): boolean {
    return this.#live;
  }

  subscribe(topic: Uint8Array): void {
    this.socket.setOctets(OPTION.subscribe, topic);
    if (this.#connected) this.#startProbe();
  }

  unsubscribe(topic: Uint8Array): void {
    this.socket.setOctets(OPTION.unsubscribe, topic);
  }

  /** Events are lost from now on, until {@linkcode SubLink.catchUp}: nothing counts as live. */
  fallBehind(reason: string): void {
    this.#isBehind = true;
    this.#endProbe();
    this.#live = false;
    if (this.#connected) this.#tellAway(reason);
  }

  /** Becomes live as on a new connection. */
  catchUp(): void {
    this.#isBehind = false;
    if (this.#connected) this.#startProbe();
  }

  /** True when the topic answers this link's probe, which makes it live. */
  acceptEcho(topic: Uint8Array): boolean {
    if (this.#probe === undefined || !sameOctets(this.#probe, topic)) return false;
    this.#heartbeatsAreSettled = true;
    if (this.#live) this.#tellAway(LATE_ECHO);
    this.#endProbe();
    this.#becomeLive("echo");
    return true;
  }

  #onConnection(event: ConnectionEvent): void {
    this.#reviver.onConnection(event);
    if (event.kind === "ready") this.#onConnected();
    if (event.kind === "closed") this.#onClosed();
    if (event.kind === "refused") this.#onLost("the peer speaks no ZMTP or refused the handshake");
  }

  #onConnected(): void {
    this.#connected = true;
    this.#connectedAt = performance.now();
    this.#lostBecause = undefined;
    this.#hooks.onHealth({ kind: "connected", address: this.#address });
    this.#startProbe();
  }

  // libzmq does not say whether it gave up waiting for an answer to a heartbeat. A publisher that
  // answers probes is one of ours, and answers heartbeats too.
  #onClosed(): void {
    const lastedMs = performance.now() - this.#connectedAt;
    if (this.#connected && !this.#heartbeatsAreSettled) {
      this.#heartbeatsAreSettled = this.#engine
        .reconnectWithoutHeartbeats(this.socket, this.#address, lastedMs);
    }
    this.#onLost("the connection was lost");
  }

  #onLost(reason: string): void {
    this.#endProbe();
    this.#connected = false;
    this.#live = false;
    // libzmq tries again and again, to the same end: that is no change.
    if (this.#lostBecause === reason) return;
    this.#lostBecause = reason;
    this.#tellAway(reason);
  }

  #tellAway(reason: string): void {
    this.#hooks.onHealth({ kind: "disconnected", address: this.#address, reason });
  }

  // On a new connection libzmq sends the subscriptions anew, in no certain order, when the socket
  // next runs what it has due; asking for its events does that, so the probe comes after them. It
  // also takes the wake-up of a message that is there, so the reader is told to look.
  #startProbe(): void {
    this.#endProbe();
    this.#live = false;
    if (this.#isBehind) return;
    this.socket.events();
    this.#hooks.onReadable();
    this.#probe = newProbe();
    this.socket.setOctets(OPTION.subscribe, this.#probe);
    // The probe stays: an answer that comes later still says that what went before may be lost.
    this.#patience = setTimeout(() => this.#becomeLive("handshake"), ECHO_TIMEOUT_MS);
  }

  #endProbe(): void {
    clearTimeout(this.#patience);
    if (this.#probe !== undefined) this.socket.setOctets(OPTION.unsubscribe, this.#probe);
    this.#probe = undefined;
  }

  #becomeLive(proof: LiveProof): void {
    this.#live = true;
    this.#hooks.onHealth({ kind: "live", address: this.#address, proof });
  }

  async close(): Promise<void> {
    clearTimeout(this.#patience);
    this.#reviver.close();
    this.#probe = undefined;
    await this.#engine.closeSocket(this.socket);
  }
}

import type { DropReason } from "../../contract/health.ts";
import type { Expense, Refusal } from "./budget.ts";
import { type ByteStream, ENDED } from "../sockets/byte_stream.ts";
import type { ConnectionOptions, ConnectionOwner } from "./connection_types.ts";
import { Handshake } from "./handshake.ts";
import { Heartbeat } from "./heartbeat.ts";
import { Incoming } from "./incoming.ts";
import type { MessageSink } from "./message_scanner.ts";
import { Outgoing } from "./outgoing.ts";
import { parsePeer, type Peer } from "./peer.ts";
import * as wire from "./wire.ts";

/** While at least this number of bytes is queued, the connection sends no PING or PONG. */
const MAX_HEARTBEAT_BYTES = 64 * 1024;
const MAX_QUEUED_BYTES = 1024 * 1024;

/**
 * One ZMTP connection. Performs the handshake, exchanges heartbeats, receives messages and
 * commands, and sends commands and the bytes of a {@linkcode SendSource}.
 */
export class Connection implements MessageSink {
  readonly stream: ByteStream;
  readonly outgoing: Outgoing;
  peer: Peer | undefined;
  isClosed = false;
  /** Why this end refused the peer; undefined if it did not. */
  refusedAs: Refusal | undefined;
  readonly #owner: ConnectionOwner;
  readonly #options: ConnectionOptions;
  readonly #incoming: Incoming;
  readonly heartbeat: Heartbeat;
  readonly #handshake = new Handshake();
  #isReading = true;
  /** When the peer stopped receiving data; Infinity if this end has stopped sending. */
  #sendEndedAt: number | undefined;

  /** Sends nothing yet: call {@linkcode start} once the owner is ready to be called. */
  constructor(stream: ByteStream, owner: ConnectionOwner, options: ConnectionOptions) {
    this.stream = stream;
    this.#owner = owner;
    this.#options = options;
    this.#incoming = new Incoming(this, options);
    this.outgoing = new Outgoing(stream, options.source);
    this.heartbeat = new Heartbeat(options, performance.now());
  }

  start(): void {
    this.stream.start({
      onReadable: () => this.#onReadable(),
      onWritable: () => {
        this.outgoing.isBlocked = false;
        this.#watch();
        this.pump();
      },
    });
    this.queue(wire.greeting());
    this.pump();
  }

  get isOpen(): boolean {
    return this.peer !== undefined && !this.isClosed;
  }

  /** What the peer reported in our session; undefined unless both ends have a session. */
  get session(): Peer["session"] {
    return this.#options.properties.size > 0 ? this.peer?.session : undefined;
  }

  /** Stops reading until {@linkcode resume}. The peer waits once the socket buffers are full. */
  pause(): void {
    this.#isReading = false;
    this.#watch();
  }

  resume(): void {
    this.#isReading = true;
    this.#watch();
  }

  #watch(): void {
    this.stream.watch({ reading: this.#isReading, writing: this.outgoing.isBlocked });
  }

  get #isSending(): boolean {
    return !this.isClosed && this.#sendEndedAt === undefined;
  }

  /** Queues a command; the next {@linkcode pump} sends it. */
  queueCommand(name: string, data: Uint8Array): void {
    this.queue(wire.command(name, data));
  }

  /** Queues a frame for the next {@linkcode pump}. Refuses the peer if its queue is too large. */
  queue(bytes: Uint8Array<ArrayBuffer>): void {
    if (!this.#isSending) return;
    this.outgoing.add(bytes);
    const { maxQueuedBytes = MAX_QUEUED_BYTES } = this.#options;
    if (this.outgoing.queuedBytes > maxQueuedBytes) {
      this.refuse("it does not read what it asked for", "stalled");
    }
  }

  /** Sends queued bytes, then bytes of the source, until the kernel's send buffer is full. */
  pump(): void {
    if (this.outgoing.isBlocked || !this.#isSending) return;
    const hasEnded = this.outgoing.pump(this.isOpen);
    if (this.outgoing.isBlocked) this.#watch();
    if (!hasEnded) return;
    if (this.#options.lingerMs === undefined) this.close(this.stream.endReason);
    else this.#sendEndedAt = performance.now();
  }

  #onReadable(): void {
    if (!this.#isReading || this.isClosed) return;
    const room = this.#incoming.room(() => this.#owner.readBuffer());
    const now = performance.now();
    const count = room === undefined ? undefined : this.stream.receive(room);
    if (count === ENDED) return this.#onEnd();
    if (count === 0 || this.#handshake.isRefused) return;
    this.heartbeat.heard(now);
    if (count === undefined) this.#handshake.excuse(now);
    if (count === undefined || !this.spend("bytes", count)) return;
    const greet = (bytes: Uint8Array) => this.#greet(bytes);
    this.#incoming.take(count, this.#handshake.minor === undefined ? greet : undefined);
    if (this.outgoing.queuedBytes > 0) this.pump();
  }

  /** Takes an amount from the peer's budget. Refuses the peer and returns false on excess. */
  spend(expense: Expense, amount: number): boolean {
    const excess = this.#options.budget?.spend(expense, amount);
    if (excess !== undefined) this.refuse(excess, expense);
    return excess === undefined;
  }

  #onEnd(): void {
    const { endReason } = this.#handshake;
    this.pause();
    if (endReason !== undefined) this.refuse(endReason, "handshake");
    else if (this.#owner.onEnd === undefined) this.close(this.stream.endReason);
    else this.#owner.onEnd();
  }

  /** Returns the greeting's size in bytes; undefined if it is incomplete or refused. */
  #greet(bytes: Uint8Array): number | undefined {
    const { fault } = this.stream;
    const answer = this.#handshake.answer(bytes, fault, this.#options);
    if (typeof answer === "string") this.refuse(answer);
    if (typeof answer !== "object") return undefined;
    this.queue(answer);
    if (fault === undefined) return wire.GREETING_BYTES;
    // The peer closes when it has read why it is not accepted.
    this.finish();
    return undefined;
  }

  onPair(topic: string | undefined, payload: Uint8Array<ArrayBuffer>): void {
    if (this.#isWelcome()) this.#owner.onMessage?.(topic, payload);
  }

  onSingle(body: Uint8Array<ArrayBuffer>): void {
    if (!this.#isWelcome()) return;
    if (this.#owner.onSingle === undefined) this.onDrop("frame-count");
    else this.#owner.onSingle(body);
  }

  #isWelcome(): boolean {
    if (!this.isOpen) this.refuse("it sent a message before its handshake");
    return this.isOpen && this.spend("messages", 1);
  }

  onDrop(reason: DropReason, topic?: string): void {
    this.#owner.onDrop?.(reason, topic);
  }

  onCommand(body: Uint8Array<ArrayBuffer>): void {
    if (!this.spend("messages", 1)) return;
    const command = wire.parseCommand(body);
    if (command === undefined) return this.refuse("it sent a malformed command");
    const { name, data } = command;
    if (name === "ERROR") return this.#onError(data);
    if (name === "READY") return this.#onReady(data);
    if (!this.isOpen) return this.refuse(`it sent "${name}" before its handshake`);
    if (name === "PING") this.#queueHeartbeat(this.heartbeat.answer(data));
    else if (name !== "PONG") this.#owner.onCommand?.(name, data);
  }

  #onError(data: Uint8Array): void {
    this.refusedAs ??= "by-peer";
    const what = this.isOpen ? "ended it" : "refuses this end";
    this.close(`the peer ${what}: ${wire.parseError(data)}`);
  }

  #onReady(data: Uint8Array): void {
    if (this.isOpen) return this.refuse("its READY is malformed");
    const peer = parsePeer(data, this.#handshake.minor ?? 0, this.#options.socketType);
    if (typeof peer === "string") return this.refuse(peer);
    this.peer = peer;
    this.#owner.onOpen(peer);
    this.pump();
  }

  #queueHeartbeat(bytes: Uint8Array<ArrayBuffer> | undefined): void {
    if (bytes === undefined) this.refuse("its PING is malformed");
    else if (this.outgoing.queuedBytes < MAX_HEARTBEAT_BYTES) this.queue(bytes);
  }

  /** Refuses a slow handshake, closes a silent connection, ends the linger, sends heartbeats. */
  tick(now: number): void {
    const { lingerMs = 0, heartbeatTimeoutMs } = this.#options;
    if (now - (this.#sendEndedAt ?? now) > lingerMs) this.close(this.stream.endReason);
    const isLate = this.#handshake.isLate(now, this.stream.delayedMs);
    if (isLate && !this.peer) this.refuse("its handshake took too long", "handshake");
    if (!this.isOpen) return;
    if (!this.#isReading) this.heartbeat.heard(now);
    const due = this.heartbeat.tick(now, this.outgoing.sentAt, this.peer?.answersPings === true);
    if (due === "ping") this.#queueHeartbeat(wire.ping(heartbeatTimeoutMs));
    else if (due !== undefined) this.close(due);
    if (this.outgoing.queuedBytes > 0) this.pump();
  }

  /**
   * Closes the connection because of an error or excess of the peer. First sends the peer an ERROR
   * with the reason, unless its greeting is missing or a message is partly sent.
   */
  refuse(reason: string, kind: Refusal = "malformed"): void {
    if (this.isClosed) return;
    this.refusedAs = kind;
    const isHeard = this.#handshake.minor !== undefined && this.outgoing.isBetweenMessages;
    if (isHeard) this.stream.send(wire.error(reason));
    this.close(reason);
  }

  /** Sends the queue and ends sending. The kernel still delivers the bytes that it has. */
  finish(): void {
    this.pump();
    this.#sendEndedAt = Infinity;
    this.stream.shutdown("outgoing");
  }

  close(reason: string): void {
    if (this.isClosed) return;
    this.isClosed = true;
    if (this.stream.fault !== undefined) this.refusedAs = `tls_${this.stream.fault.kind}`;
    this.stream.close();
    this.#owner.onClosed(this.stream.fault?.reason ?? reason);
  }
}

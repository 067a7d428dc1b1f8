import type { DropReason } from "../../contract/health.ts";
import type { Expense, Refusal } from "./budget.ts";
import { type ByteStream, ENDED } from "../sockets/byte_stream.ts";
import type { ConnectionOptions, ConnectionOwner, Peer } from "./connection_types.ts";
import { Handshake } from "./handshake.ts";
import { answersPings, Heartbeat } from "./heartbeat.ts";
import { Incoming } from "./incoming.ts";
import type { MessageSink } from "./message_scanner.ts";
import { Outgoing } from "./outgoing.ts";
import * as wire from "./wire.ts";

/** Answers and probes do not pile up beyond this. */
const MAX_HEARTBEAT_BYTES = 64 * 1024;
const MAX_QUEUED_BYTES = 1024 * 1024;

/** One ZMTP connection: handshake, heartbeats, messages in, commands and a source of messages out. */
export class Connection implements MessageSink {
  readonly stream: ByteStream;
  readonly outgoing: Outgoing;
  peer: Peer | undefined;
  isClosed = false;
  /** Why this end refused the peer, if it did. */
  refusedAs: Refusal | undefined;
  readonly #owner: ConnectionOwner;
  readonly #options: ConnectionOptions;
  readonly #incoming: Incoming;
  readonly heartbeat: Heartbeat;
  readonly #handshake: Handshake;
  #isReading = true;
  /** When the peer stopped taking data, by `performance.now()`. */
  #refusedAt: number | undefined;
  /** Whether this end has stopped sending. */
  #isFinished = false;

  constructor(stream: ByteStream, owner: ConnectionOwner, options: ConnectionOptions) {
    this.stream = stream;
    this.#owner = owner;
    this.#options = options;
    this.#incoming = new Incoming(this, options.maxFrameBytes);
    this.outgoing = new Outgoing(stream, options.source);
    this.heartbeat = new Heartbeat(options, performance.now());
    this.#handshake = new Handshake(options.socketType);
    stream.start({ onReadable: () => this.#onReadable(), onWritable: () => this.#onWritable() });
    this.sendFrame(wire.greeting());
  }

  get isOpen(): boolean {
    return this.peer !== undefined && !this.isClosed;
  }

  /** Stops reading until {@linkcode resume}; the peer then waits for room. */
  pause(): void {
    if (!this.#isReading || this.isClosed) return;
    this.#isReading = false;
    this.#watch();
  }

  resume(): void {
    if (this.#isReading || this.isClosed) return;
    this.#isReading = true;
    this.heartbeat.heard(performance.now());
    this.#watch();
  }

  #watch(): void {
    const writing = this.outgoing.isBlocked && this.#refusedAt === undefined;
    this.stream.watch({ reading: this.#isReading, writing });
  }

  /** Sends a whole frame, or several, between two messages of the source. */
  sendFrame(bytes: Uint8Array<ArrayBuffer>): void {
    this.queue(bytes);
    this.pump();
  }

  /** Sends a command with what is sent next. */
  queueCommand(name: string, data: Uint8Array): void {
    this.queue(wire.command(name, data));
  }

  /** Sends a whole frame with what is sent next. */
  queue(bytes: Uint8Array<ArrayBuffer>): void {
    if (this.isClosed || this.#refusedAt !== undefined || this.#isFinished) return;
    this.outgoing.add(bytes);
    const { maxQueuedBytes = MAX_QUEUED_BYTES } = this.#options;
    if (this.outgoing.queuedBytes > maxQueuedBytes) {
      this.refuse("it does not read what it asked for", "stalled");
    }
  }

  /** Sends what is queued, until the kernel has no room. */
  pump(): void {
    if (this.outgoing.isBlocked || this.isClosed || this.#isFinished) return;
    if (this.#refusedAt !== undefined) return;
    const hasEnded = this.outgoing.pump(this.isOpen);
    if (this.isClosed) return;
    if (this.outgoing.isBlocked) this.#watch();
    if (!hasEnded) return;
    if (this.#options.lingerMs === undefined) this.close(this.stream.endReason);
    else this.#refusedAt = performance.now();
  }

  #onWritable(): void {
    this.outgoing.isBlocked = false;
    this.#watch();
    this.pump();
  }

  #onReadable(): void {
    if (!this.#isReading || this.isClosed) return;
    const buffer = this.#incoming.hasOwnRoom ? undefined : this.#owner.readBuffer(this);
    if (buffer === undefined && !this.#incoming.hasOwnRoom) return this.#noteUnread();
    const count = this.stream.receive(this.#incoming.room(buffer));
    if (count === ENDED) return this.#onEnd();
    if (count === 0) return;
    this.heartbeat.heard(performance.now());
    if (!this.spend("bytes", count)) return;
    const greet = (bytes: Uint8Array) => this.#greet(bytes);
    this.#incoming.take(count, buffer, this.#handshake.wantsGreeting ? greet : undefined);
    if (this.outgoing.queuedBytes > 0) this.pump();
  }

  /** The peer has sent something that this end has no time or room to read: it is not silent. */
  #noteUnread(): void {
    const now = performance.now();
    this.heartbeat.heard(now);
    this.#handshake.restart(now);
  }

  /** Takes from the peer's budget; false when it is exceeded, and the peer was refused. */
  spend(expense: Expense, amount: number): boolean {
    const excess = this.#options.budget?.spend(expense, amount);
    if (excess !== undefined) this.refuse(excess, expense);
    return excess === undefined;
  }

  #onEnd(): void {
    if (this.#owner.onEnd === undefined) return this.close(this.stream.endReason);
    this.pause();
    this.#owner.onEnd(this);
  }

  #greet(bytes: Uint8Array): number | undefined {
    const greeting = this.#handshake.greet(bytes);
    const { socketType, properties } = this.#options;
    if (typeof greeting === "number") this.sendFrame(wire.ready(socketType, properties));
    if (typeof greeting !== "string") return greeting;
    this.refuse(greeting);
    return undefined;
  }

  onPair(
    bytes: Uint8Array<ArrayBuffer>,
    topicAt: number,
    topicSize: number,
    payloadAt: number,
    payloadSize: number,
  ): void {
    if (!this.#isWelcome()) return;
    this.#owner.onMessage(this, bytes, topicAt, topicSize, payloadAt, payloadSize);
  }

  onSingle(body: Uint8Array<ArrayBuffer>): void {
    if (this.#isWelcome()) this.#owner.onSingle(this, body);
  }

  #isWelcome(): boolean {
    if (this.isOpen) return this.spend("messages", 1);
    this.refuse("it sent a message before its handshake");
    return false;
  }

  onDrop(reason: DropReason, topic?: Uint8Array): void {
    this.#owner.onDrop(this, reason, topic);
  }

  onCommand(body: Uint8Array<ArrayBuffer>): void {
    if (!this.spend("messages", 1)) return;
    const command = wire.parseCommand(body);
    if (command === undefined) return this.refuse("it sent a malformed command");
    const { name, data } = command;
    if (name === "ERROR") return this.close(`the peer ended it: ${wire.parseError(data)}`);
    if (name === "READY") return this.#onReady(data);
    if (!this.isOpen) return this.refuse(`it sent "${name}" before its handshake`);
    if (name === "PING") return this.#onPing(data);
    if (name !== "PONG") this.#owner.onCommand(this, name, data);
  }

  onMalformed(what: string): void {
    this.refuse(what);
  }

  #onReady(data: Uint8Array): void {
    const peer = this.isOpen ? "its READY is malformed" : this.#handshake.ready(data);
    if (typeof peer === "string") return this.refuse(peer);
    this.peer = peer;
    this.#owner.onOpen(this, peer);
    this.pump();
  }

  #onPing(data: Uint8Array): void {
    const ping = wire.parsePing(data);
    if (ping === undefined) return this.refuse("its PING is malformed");
    this.heartbeat.ttlMs = ping.ttlMs;
    if (this.outgoing.queuedBytes < MAX_HEARTBEAT_BYTES) this.queue(ping.pong);
  }

  /** Ends a handshake that takes too long and a silent connection, and sends heartbeats. */
  tick(now: number): void {
    if (this.isClosed) return;
    if (now - (this.#refusedAt ?? now) > (this.#options.lingerMs ?? 0)) {
      return this.close(this.stream.endReason);
    }
    if (!this.isOpen) {
      if (this.#handshake.isLate(now)) this.refuse("its handshake took too long", "handshake");
      return;
    }
    if (!this.#isReading) this.heartbeat.heard(now);
    const due = this.heartbeat.tick(now, answersPings(this.#options.socketType, this.peer));
    const hasRoom = this.outgoing.queuedBytes < MAX_HEARTBEAT_BYTES;
    if (due === "ping" && hasRoom) this.sendFrame(wire.ping(this.#options.heartbeatTimeoutMs));
    else if (due !== undefined && due !== "ping") this.close(due);
  }

  /** Ends the connection, and sends the peer an ERROR with the reason. */
  refuse(reason: string, kind: Refusal = "malformed"): void {
    if (this.isClosed) return;
    this.refusedAs = kind;
    // Inside a message the peer would take it for the rest of that message.
    if (!this.#handshake.wantsGreeting && this.outgoing.isBetweenMessages) {
      this.stream.send(wire.error(reason));
    }
    this.close(reason);
  }

  /** Stops sending; what the kernel has taken still goes out. */
  finish(): void {
    this.#isFinished = true;
    this.stream.shutdown("outgoing");
  }

  /** Ends the connection at once. */
  close(reason: string): void {
    if (this.isClosed) return;
    this.isClosed = true;
    this.stream.close();
    this.#owner.onClosed(this, reason);
  }
}

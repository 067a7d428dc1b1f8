import type { DropReason } from "../../contract/health.ts";
import type { Budget, Expense, Refusal } from "./budget.ts";
import { type ByteStream, ENDED } from "./byte_stream.ts";
import { MessageScanner, type MessageSink } from "./message_scanner.ts";
import { parseSession, type PeerSession } from "./session.ts";
import * as wire from "./wire.ts";

/** The socket types of ZMTP that are implemented. */
export type SocketType = "PUB" | "SUB" | "PUSH" | "PULL";

const PARTNERS: Readonly<Record<SocketType, readonly string[]>> = {
  PUB: ["SUB", "XSUB"],
  SUB: ["PUB", "XPUB"],
  PUSH: ["PULL"],
  PULL: ["PUSH"],
};

/** What a peer said of itself in the handshake. */
export interface Peer {
  /** 0 of ZMTP 3.0, 1 of 3.1. */
  readonly minor: number;
  readonly socketType: string;
  /** Absent for a peer that does not have our session. */
  readonly session: PeerSession | undefined;
}

/** Memory that connections read into, one after the other. */
export interface ReadBuffer {
  readonly bytes: Uint8Array<ArrayBuffer>;
  /** Where free space begins. */
  at: number;
}

/** Bytes to be sent that are kept elsewhere. */
export interface SendSource {
  /** The next bytes, in one piece; undefined without any. */
  next(): Uint8Array<ArrayBuffer> | undefined;
  /** This number of them has been sent. */
  sent(bytes: number): void;
  /** Whether a message ends here, so that a command may come between. */
  readonly isBetweenMessages: boolean;
}

/** Called by a {@linkcode Connection}. No method may throw. */
export interface ConnectionOwner {
  /** Where to read into; undefined when there is no space, and then it has paused the connection. */
  readBuffer(connection: Connection): ReadBuffer | undefined;
  onOpen(connection: Connection, peer: Peer): void;
  /** A message of two frames; valid until the owner gives the space to read into to others. */
  onMessage(
    connection: Connection,
    bytes: Uint8Array<ArrayBuffer>,
    topicAt: number,
    topicSize: number,
    payloadAt: number,
    payloadSize: number,
  ): void;
  /** A message of one frame. */
  onSingle(connection: Connection, body: Uint8Array<ArrayBuffer>): void;
  onCommand(connection: Connection, name: string, data: Uint8Array): void;
  /** A message was dropped. @param topic its first frame, if only its payload is too large */
  onDrop(connection: Connection, reason: DropReason, topic?: Uint8Array): void;
  /** Nothing more comes in; close the connection then. @default it is closed at once */
  onEnd?(connection: Connection): void;
  /** The connection has ended, by either end. Called once. */
  onClosed(connection: Connection, reason: string): void;
}

/** How a {@linkcode Connection} is made. */
export interface ConnectionOptions {
  readonly socketType: SocketType;
  /** Further properties of READY. */
  readonly properties: ReadonlyMap<string, string>;
  /** A frame that is larger is skipped and counted. */
  readonly maxFrameBytes: number;
  readonly heartbeatIntervalMs: number;
  readonly heartbeatTimeoutMs: number;
  readonly source?: SendSource | undefined;
  /** What the peer may send; a peer that exceeds it is refused. @default no limit */
  readonly budget?: Budget;
  /**
   * Time to read what the peer had sent when it no longer takes anything.
   *
   * @default none: the connection is closed at once
   */
  readonly lingerMs?: number;
  /** Maximum size of queued commands, in bytes. @default 1 MiB */
  readonly maxQueuedBytes?: number;
}

/** Time for the whole handshake. */
const HANDSHAKE_MS = 5_000;
/** Minimum room for a read. */
const MIN_READ_BYTES = 4_096;
const MAX_READ_BYTES = 256 * 1024;
/** A larger message is read into memory of its own. */
const LARGE_BYTES = 64 * 1024;
const MAX_QUEUED_COMMAND_BYTES = 1024 * 1024;

/** One ZMTP connection: handshake, heartbeats, messages in, commands and a source of messages out. */
export class Connection implements MessageSink {
  readonly stream: ByteStream;
  peer: Peer | undefined;
  readonly #owner: ConnectionOwner;
  readonly #options: ConnectionOptions;
  readonly #scanner: MessageScanner;
  #state: "greeting" | "ready" | "open" | "closed" = "greeting";
  #minor = 0;
  /** The part that has been read of an incomplete message. */
  #rest: Uint8Array<ArrayBuffer> | undefined;
  /** A large message while it arrives, and how much of it has arrived. */
  #large: Uint8Array<ArrayBuffer> | undefined;
  #largeEnd = 0;
  readonly #commands: Uint8Array<ArrayBuffer>[] = [];
  #commandBytes = 0;
  /** The first of the commands has been sent in part. */
  #isMidCommand = false;
  #isReading = true;
  #isBlocked = false;
  /** When the peer stopped taking data, by `performance.now()`. */
  #refusedAt: number | undefined;
  /** Whether this end has stopped sending. */
  #isFinished = false;
  readonly #startedAt = performance.now();
  #heardAt = this.#startedAt;
  #pingedAt = this.#startedAt;
  #ttlMs = 0;
  #refusedAs: Refusal | undefined;
  /** When the kernel last took bytes. */
  #tookAt = this.#startedAt;

  constructor(stream: ByteStream, owner: ConnectionOwner, options: ConnectionOptions) {
    this.stream = stream;
    this.#owner = owner;
    this.#options = options;
    this.#scanner = new MessageScanner(this, options.maxFrameBytes);
    stream.start({ onReadable: () => this.#onReadable(), onWritable: () => this.#onWritable() });
    this.#enqueue(wire.greeting());
    this.pump();
  }

  get isOpen(): boolean {
    return this.#state === "open";
  }

  /** Why this end refused the peer, if it did. */
  get refusedAs(): Refusal | undefined {
    return this.#refusedAs;
  }

  /** Milliseconds for which the peer has taken nothing, although data is queued for it. */
  stalledMs(now: number): number {
    return this.#isBlocked ? now - this.#tookAt : 0;
  }

  get isClosed(): boolean {
    return this.#state === "closed";
  }

  /** Whether the kernel has no room to send. */
  get isBlocked(): boolean {
    return this.#isBlocked;
  }

  /** Size of the commands that are queued, in bytes. */
  get queuedCommandBytes(): number {
    return this.#commandBytes;
  }

  /** When data last arrived from the peer, by `performance.now()`. */
  get heardAt(): number {
    return this.#heardAt;
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
    this.#heardAt = performance.now();
    this.#watch();
  }

  #watch(): void {
    const writing = this.#isBlocked && this.#refusedAt === undefined;
    this.stream.watch({ reading: this.#isReading, writing });
  }

  /** Sends a command between two messages, as soon as there is room. */
  sendCommand(name: string, data: Uint8Array): void {
    this.sendFrame(wire.command(name, data));
  }

  /** Sends a whole frame, or several, between two messages of the source. */
  sendFrame(bytes: Uint8Array<ArrayBuffer>): void {
    if (this.isClosed) return;
    this.#enqueue(bytes);
    this.pump();
  }

  /** Sends a command with what is sent next. */
  queueCommand(name: string, data: Uint8Array): void {
    this.queue(wire.command(name, data));
  }

  /** Sends a whole frame with what is sent next. */
  queue(bytes: Uint8Array<ArrayBuffer>): void {
    if (!this.isClosed) this.#enqueue(bytes);
  }

  #enqueue(bytes: Uint8Array<ArrayBuffer>): void {
    if (this.#refusedAt !== undefined || this.#isFinished) return;
    const { maxQueuedBytes = MAX_QUEUED_COMMAND_BYTES } = this.#options;
    this.#commands.push(bytes);
    this.#commandBytes += bytes.length;
    if (this.#commandBytes > maxQueuedBytes) {
      this.refuse("it does not read what it asked for", "stalled");
    }
  }

  /** Sends what is queued, until the kernel has no room. */
  pump(): void {
    if (this.#isBlocked || this.isClosed || this.#isFinished) return;
    if (this.#refusedAt !== undefined) return;
    while (this.#sendOne());
  }

  /** False when nothing is left to send, or there is no room. */
  #sendOne(): boolean {
    const { source } = this.#options;
    const isSourceDue = source !== undefined && !source.isBetweenMessages;
    const command = isSourceDue && !this.#isMidCommand ? undefined : this.#nextCommands();
    const bytes = command ?? (this.isOpen ? source?.next() : undefined);
    if (bytes === undefined) return false;
    const sent = this.stream.send(bytes);
    if (sent === ENDED) {
      if (this.#options.lingerMs === undefined) this.close(this.stream.endReason);
      else this.#refusedAt = performance.now();
      return false;
    }
    if (command === undefined) source?.sent(sent);
    else this.#noteCommandSent(command, sent);
    if (sent > 0) this.#tookAt = performance.now();
    if (sent === bytes.length) return true;
    this.#isBlocked = true;
    this.#watch();
    return false;
  }

  /** All commands in one piece, or the rest of those that were sent in part. */
  #nextCommands(): Uint8Array<ArrayBuffer> | undefined {
    if (this.#commands.length <= 1) return this.#commands[0];
    const bytes = new Uint8Array(this.#commandBytes);
    let at = 0;
    for (const command of this.#commands.splice(0)) {
      bytes.set(command, at);
      at += command.length;
    }
    this.#commands.push(bytes);
    return bytes;
  }

  #noteCommandSent(command: Uint8Array<ArrayBuffer>, sent: number): void {
    this.#commandBytes -= sent;
    this.#isMidCommand = sent < command.length && (sent > 0 || this.#isMidCommand);
    if (sent === command.length) this.#commands.shift();
    else this.#commands[0] = command.subarray(sent);
  }

  #onWritable(): void {
    this.#isBlocked = false;
    this.#watch();
    this.pump();
  }

  #onReadable(): void {
    if (!this.#isReading || this.isClosed) return;
    if (this.#large !== undefined) return this.#readLarge(this.#large);
    const buffer = this.#owner.readBuffer(this);
    if (buffer === undefined) return;
    const rest = this.#rest?.length ?? 0;
    const from = buffer.at;
    const room = Math.min(buffer.bytes.length - from, rest + MAX_READ_BYTES);
    if (room < rest + MIN_READ_BYTES) throw new RangeError("The buffer to read into is too small");
    const count = this.#receive(buffer.bytes.subarray(from + rest, from + room));
    if (count <= 0) return;
    if (this.#rest !== undefined) buffer.bytes.set(this.#rest, from);
    this.#rest = undefined;
    this.#take(buffer, from, from + rest + count);
    if (this.#commandBytes > 0) this.pump();
  }

  #readLarge(large: Uint8Array<ArrayBuffer>): void {
    const count = this.#receive(large.subarray(this.#largeEnd));
    if (count <= 0) return;
    this.#largeEnd += count;
    if (this.#largeEnd < large.length) return;
    this.#large = undefined;
    this.#scan(large, 0, large.length);
  }

  #receive(into: Uint8Array<ArrayBuffer>): number {
    const count = this.stream.receive(into);
    if (count === ENDED) this.#onEnd();
    if (count <= 0) return count;
    this.#heardAt = performance.now();
    return this.spend("bytes", count) ? count : 0;
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

  #take(buffer: ReadBuffer, from: number, end: number): void {
    const at = this.#state === "greeting" ? this.#greet(buffer.bytes, from, end) : from;
    if (at === undefined) return;
    buffer.at = this.#scan(buffer.bytes, at, end);
  }

  /** Where the frames begin; undefined while the greeting is incomplete, and when it is refused. */
  #greet(bytes: Uint8Array<ArrayBuffer>, from: number, end: number): number | undefined {
    const greeting = wire.parseGreeting(bytes.subarray(from, end));
    if (typeof greeting === "string") this.refuse(greeting);
    else if (greeting === undefined) this.#rest = bytes.slice(from, end);
    else {
      this.#state = "ready";
      this.#minor = greeting.minor;
      const { socketType, properties } = this.#options;
      this.sendFrame(wire.ready(socketType, properties));
      return from + wire.GREETING_BYTES;
    }
    return undefined;
  }

  /** Returns where the first incomplete message begins; its bytes are kept. */
  #scan(bytes: Uint8Array<ArrayBuffer>, from: number, end: number): number {
    const at = this.#scanner.scan(bytes, from, end);
    if (this.isClosed || at === end) return at;
    const { needed } = this.#scanner;
    if (needed > LARGE_BYTES) {
      this.#large = new Uint8Array(needed);
      this.#large.set(bytes.subarray(at, end));
      this.#largeEnd = end - at;
    } else this.#rest = bytes.slice(at, end);
    return at;
  }

  onPair(
    bytes: Uint8Array<ArrayBuffer>,
    topicAt: number,
    topicSize: number,
    payloadAt: number,
    payloadSize: number,
  ): void {
    if (this.#state !== "open") return this.refuse("it sent a message before its handshake");
    if (!this.spend("messages", 1)) return;
    this.#owner.onMessage(this, bytes, topicAt, topicSize, payloadAt, payloadSize);
  }

  onSingle(body: Uint8Array<ArrayBuffer>): void {
    if (this.#state !== "open") return this.refuse("it sent a message before its handshake");
    if (!this.spend("messages", 1)) return;
    this.#owner.onSingle(this, body);
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
    if (this.#state !== "open") return this.refuse(`it sent "${name}" before its handshake`);
    if (name === "PING") return this.#onPing(data);
    if (name !== "PONG") this.#owner.onCommand(this, name, data);
  }

  onMalformed(what: string): void {
    this.refuse(what);
  }

  #onReady(data: Uint8Array): void {
    const properties = wire.parseProperties(data);
    if (this.#state !== "ready" || properties === undefined) {
      return this.refuse("its READY is malformed");
    }
    const socketType = properties.get("socket-type") ?? "";
    const wanted = PARTNERS[this.#options.socketType];
    if (!wanted.includes(socketType)) {
      return this.refuse(`its socket type is "${socketType}", wanted ${wanted.join(" or ")}`);
    }
    this.#state = "open";
    this.peer = { minor: this.#minor, socketType, session: parseSession(properties) };
    this.#owner.onOpen(this, this.peer);
    this.pump();
  }

  #onPing(data: Uint8Array): void {
    const ping = wire.parsePing(data);
    if (ping === undefined) return this.refuse("its PING is malformed");
    this.#ttlMs = ping.ttlMs;
    // The answers to a flood of them do not pile up.
    if (this.#commandBytes < LARGE_BYTES) this.queue(ping.pong);
  }

  /** Ends a handshake that takes too long and a silent connection, and sends heartbeats. */
  tick(now: number): void {
    const { heartbeatIntervalMs, heartbeatTimeoutMs, lingerMs = 0 } = this.#options;
    if (this.isClosed) return;
    if (now - (this.#refusedAt ?? now) > lingerMs) return this.close(this.stream.endReason);
    if (!this.isOpen) {
      if (now - this.#startedAt > HANDSHAKE_MS) {
        this.refuse("its handshake took too long", "handshake");
      }
      return;
    }
    if (!this.#isReading) this.#heardAt = now;
    if (this.#ttlMs > 0 && now - this.#heardAt > this.#ttlMs) {
      return this.close(`the peer was silent for longer than the ${this.#ttlMs / 1000} s it named`);
    }
    if (!this.#answersPings || heartbeatIntervalMs === 0) return;
    if (now - this.#heardAt > heartbeatTimeoutMs) {
      return this.close(`no word from the peer for ${heartbeatTimeoutMs / 1000} s`);
    }
    if (now - this.#pingedAt < heartbeatIntervalMs) return;
    this.#pingedAt = now;
    if (this.#commandBytes < LARGE_BYTES) this.sendFrame(wire.ping(heartbeatTimeoutMs));
  }

  /** libzmq 4.0 and 4.1 speak ZMTP 3.0 and take a PING for an error. */
  get #answersPings(): boolean {
    return this.#minor >= 1 || this.peer?.session !== undefined;
  }

  /** Ends the connection, and sends the peer an ERROR with the reason. */
  refuse(reason: string, kind: Refusal = "malformed"): void {
    if (this.isClosed) return;
    this.#refusedAs = kind;
    // Inside a message the peer would take it for the rest of that message.
    const isBetween = !this.#isMidCommand && this.#options.source?.isBetweenMessages !== false;
    if (this.#state !== "greeting" && isBetween) this.stream.send(wire.error(reason));
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
    this.#state = "closed";
    this.stream.close();
    this.#owner.onClosed(this, reason);
  }
}

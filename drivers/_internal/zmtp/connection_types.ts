import type { DropReason } from "../../contract/health.ts";
import type { Budget } from "./budget.ts";
import type { HeartbeatOptions } from "./heartbeat.ts";
import type { ScannerOptions } from "./message_scanner.ts";
import type { Peer, SocketType } from "./peer.ts";

/** Memory that connections read into, one after another. */
export interface ReadBuffer {
  readonly bytes: Uint8Array<ArrayBuffer>;
  /** Offset of the free space, in bytes. */
  at: number;
}

/** Provides bytes to send that are stored outside the connection's own queue. */
export interface SendSource {
  /** Returns the next bytes, in one piece; undefined when nothing is queued. */
  next(): Uint8Array<ArrayBuffer> | undefined;
  /** Notes that this number of the next bytes has been sent. */
  sent(bytes: number): void;
  /** Whether a message ends here, so that a command may be sent next. */
  readonly isBetweenMessages: boolean;
}

/** Receives the calls of one {@linkcode Connection}. No method may throw. */
export interface ConnectionOwner {
  /**
   * Returns where to read into. If it has no space, it pauses the connection and returns undefined.
   */
  readBuffer(): ReadBuffer | undefined;
  onOpen(peer: Peer): void;
  /**
   * A message of two frames has arrived. The payload is valid until the owner reuses the memory of
   * its read buffer.
   *
   * @param topic undefined if it is not valid
   * @default the connection ignores it
   */
  onMessage?(topic: string | undefined, payload: Uint8Array<ArrayBuffer>): void;
  /** A message of one frame has arrived. @default the connection drops it */
  onSingle?(body: Uint8Array<ArrayBuffer>): void;
  /**
   * A command has arrived that is neither part of the handshake nor a heartbeat.
   *
   * @default the connection ignores it
   */
  onCommand?(name: string, data: Uint8Array): void;
  /**
   * The connection has dropped a message.
   *
   * @param topic the topic of the message, if only its payload is too large
   */
  onDrop?(reason: DropReason, topic?: string): void;
  /**
   * The peer has finished sending. The owner must close the connection when it is done.
   *
   * @default the connection closes at once
   */
  onEnd?(): void;
  /** Either end has closed the connection. Called once. */
  onClosed(reason: string): void;
}

export interface ConnectionOptions extends HeartbeatOptions, ScannerOptions {
  readonly socketType: SocketType;
  /** Additional properties of the READY command; without any, this end has no session. */
  readonly properties: ReadonlyMap<string, string>;
  readonly source?: SendSource | undefined;
  /** What the peer may send. The connection refuses a peer that exceeds it. @default no limit */
  readonly budget?: Budget;
  /**
   * Maximum time to keep reading after the peer has stopped receiving, in milliseconds.
   *
   * @default none: the connection closes at once
   */
  readonly lingerMs?: number;
  /** Maximum size of queued commands, in bytes. @default 1 MiB */
  readonly maxQueuedBytes?: number;
}

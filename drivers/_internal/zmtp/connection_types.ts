import type { DropReason } from "../../contract/health.ts";
import type { Budget } from "./budget.ts";
import type { HeartbeatOptions } from "./heartbeat.ts";
import type { Peer, SocketType } from "./peer.ts";

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

/** Called by one {@linkcode Connection}. No method may throw. */
export interface ConnectionOwner {
  /** Where to read into; undefined when there is no space, and then it has paused the connection. */
  readBuffer(): ReadBuffer | undefined;
  onOpen(peer: Peer): void;
  /**
   * A message of two frames. The topic is valid during the call, the payload until the owner gives
   * the space to read into to others.
   *
   * @default it is ignored
   */
  onMessage?(topic: Uint8Array<ArrayBuffer>, payload: Uint8Array<ArrayBuffer>): void;
  /** A message of one frame. @default it is dropped */
  onSingle?(body: Uint8Array<ArrayBuffer>): void;
  /** A command that is neither part of the handshake nor a heartbeat. @default it is ignored */
  onCommand?(name: string, data: Uint8Array): void;
  /** A message was dropped. @param topic its first frame, if only its payload is too large */
  onDrop?(reason: DropReason, topic?: Uint8Array): void;
  /** Nothing more comes in; close the connection then. @default it is closed at once */
  onEnd?(): void;
  /** The connection has ended, by either end. Called once. */
  onClosed(reason: string): void;
}

export interface ConnectionOptions extends HeartbeatOptions {
  readonly socketType: SocketType;
  /** Further properties of READY. */
  readonly properties: ReadonlyMap<string, string>;
  /** A frame that is larger is skipped and counted. */
  readonly maxFrameBytes: number;
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

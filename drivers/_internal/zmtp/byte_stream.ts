/** What calls of a {@linkcode ByteStream} give instead of a number of bytes, when it has ended. */
export const ENDED = -1;

/** Told of a {@linkcode ByteStream}. */
export interface StreamEvents {
  /** There is something to read, or it has ended. */
  readonly onReadable: () => void;
  /** There is room again; called only while it is watched for. */
  readonly onWritable: () => void;
}

/** A connection of bytes. No call waits. */
export interface ByteStream {
  /** The other end: an address and a port, or the path of a local socket. */
  readonly peer: string;
  /** Why it has ended, once a call has said so. */
  readonly endReason: string;
  /** Begins to tell; once. */
  start(events: StreamEvents): void;
  /** Bytes read; 0 when there are none at the moment; {@linkcode ENDED}. */
  receive(into: Uint8Array<ArrayBuffer>): number;
  /** Bytes taken; 0 when there is no room at the moment; {@linkcode ENDED}. */
  send(bytes: Uint8Array<ArrayBuffer>): number;
  /** Reading is watched for from the start, writing is not. */
  watch(what: { readonly reading: boolean; readonly writing: boolean }): void;
  /** Bytes that the other end has not acknowledged; over a local socket, not read. */
  unsent(): number;
  /** Ends one direction: what comes in, or what goes out after all that was taken. */
  shutdown(direction: "incoming" | "outgoing"): void;
  close(): void;
}

import type { HostFacts } from "../drivers/contract/option.ts";

/** One of the two streams a command writes to. */
export interface Output {
  readonly isTerminal: boolean;
  /** Columns of the terminal; 80 where there is none. */
  readonly columns: number;
  /** Writes and flushes. @throws {OutputClosed} when nobody reads any more */
  write(text: string): void;
}

/** The stream a command reads from. */
export interface Input {
  /** Waits until something is there. @returns how many octets it was; null at the end */
  read(into: Uint8Array): Promise<number | null>;
}

/** The reader of an output has gone, as `head` does: time to stop, without a fuss. */
export class OutputClosed extends Error {
  override readonly name = "OutputClosed";
}

/** All that a command knows of the process it runs in. */
export interface Io {
  /** Data, and nothing else. */
  readonly out: Output;
  /** Talk. What cannot be written is lost, and no reason to stop. */
  readonly err: Output;
  readonly stdin: Input;
  readonly env: Readonly<Record<string, string>>;
  readonly facts: HostFacts;
  /** This host's fully qualified name, as Python's `socket.getfqdn()` has it. */
  hostName(): Promise<string>;
  /** @throws {TypeError} when it is not UTF-8 @throws {RangeError} when it is longer */
  readTextFile(path: string, maxBytes?: number): Promise<string>;
  listDirectory(path: string): Promise<string[]>;
  /** Aborts at the first SIGINT or SIGTERM; a second one ends the process at once. */
  readonly interrupted: AbortSignal;
}

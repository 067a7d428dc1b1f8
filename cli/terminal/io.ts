import type { HostFacts } from "../../drivers/contract/option.ts";
import type { FullTerminal } from "./full_terminal.ts";

/** One of the two streams a command writes to. */
export interface Output {
  readonly isTerminal: boolean;
  /** Columns of the terminal (default: 80). */
  readonly columns: number;
  /** Lines of the terminal. @default 24 */
  readonly rows?: number;
  /** Writes and flushes. @throws {OutputClosed} when nobody reads any more */
  write(text: string): void;
}

/** Standard error, for the log and for talk. What cannot be written is lost, and no reason to stop. */
export interface ErrorOutput extends Output {
  /** Whether the journal reads it, which takes priorities and gives every line its time. */
  readonly isJournal: boolean;
  /** Lines dropped because nothing took them, since the start. */
  readonly droppedLines: number;
  /** Calls `tell` when there is room again after lines were dropped, with how many those were. */
  onRoom(tell: (dropped: number) => void): void;
}

/** What a signal asks a running service for. */
export type ServiceRequest = "reload" | "toggle-debug" | "describe";

/** The stream a command reads from. */
export interface Input {
  /** Waits until something is there. @returns the number of bytes; null at the end */
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
  readonly err: ErrorOutput;
  readonly stdin: Input;
  /** What a full-screen command draws on; undefined when input or output is not a terminal. */
  readonly terminal: FullTerminal | undefined;
  readonly env: Readonly<Record<string, string>>;
  readonly facts: HostFacts;
  /** This host's fully qualified name, as Python's `socket.getfqdn()` has it. */
  hostName(): Promise<string>;
  /** @throws {RangeError} when it is longer */
  readFile(path: string, maxBytes?: number): Promise<Uint8Array>;
  /** @throws {TypeError} when it is not UTF-8 @throws {RangeError} when it is longer */
  readTextFile(path: string, maxBytes?: number): Promise<string>;
  /** Refuses what cannot be read twice, as a pipe. @throws {TypeError} for such */
  requireRegularFile(path: string): Promise<void>;
  /** Rejects when that cannot be found out. */
  exists(path: string): Promise<boolean>;
  listDirectory(path: string): Promise<string[]>;
  /**
   * Aborts at the first SIGINT or SIGTERM; a second one ends the process at once. SIGHUP counts as
   * one of them, except for a service.
   */
  readonly interrupted: AbortSignal;
  /**
   * Calls `handle` with what the signals of a service ask for, SIGHUP, SIGUSR1 and SIGQUIT; those
   * that came before count, each once. Other commands get none.
   */
  onRequest(handle: (request: ServiceRequest) => void): void;
}

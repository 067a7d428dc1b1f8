import type { ClientTls } from "../../drivers/contract/client_tls.ts";
import type { HostFacts, Settings } from "../../drivers/contract/option.ts";
import type { TlsFileOptions } from "../../drivers/contract/tls_options.ts";
import type { HostFiles } from "../../drivers/host.ts";
import type { FullTerminal } from "./full_terminal.ts";

/** One of the two streams to which a command writes. */
export interface Output {
  readonly isTerminal: boolean;
  /** Columns of the terminal. @default 80 */
  readonly columns: number;
  /** Lines of the terminal. @default 24 */
  readonly rows?: number;
  /** Writes and flushes. @throws {OutputClosed} if the reader has closed the stream */
  write(text: string): void;
}

/**
 * Standard error, for the log and for messages. Text that cannot be written is lost without an
 * error.
 */
export interface ErrorOutput extends Output {
  /** Whether the journal reads it, which accepts priorities and adds the time to every line. */
  readonly isJournal: boolean;
  /** Number of lines dropped since the start because the stream was not read. */
  readonly droppedLines: number;
  /** Calls `tell` with the number of dropped lines when there is room again after a drop. */
  onRoom(tell: (dropped: number) => void): void;
}

/** What a signal requests from a running service. */
export type ServiceRequest = "reload" | "toggle-debug" | "describe";

/** The stream from which a command reads. */
export interface Input {
  /** Waits for data. @returns the number of bytes; null at the end */
  read(into: Uint8Array): Promise<number | null>;
}

/** The reader of an output has closed it, as `head` does: the command ends silently. */
export class OutputClosed extends Error {
  override readonly name = "OutputClosed";
}

/** The process, as commands see it. */
export interface Io extends HostFiles {
  /** Data, and nothing else. */
  readonly out: Output;
  readonly err: ErrorOutput;
  readonly stdin: Input;
  /** The terminal of a full-screen command; undefined if input or output is not a terminal. */
  readonly terminal: FullTerminal | undefined;
  readonly env: Readonly<Record<string, string>>;
  readonly facts: HostFacts;
  /** This host's fully qualified name, like Python's `socket.getfqdn()`. */
  hostName(): Promise<string>;
  /** Replaces a file as a whole, readable by this account only, and creates its directory. */
  replaceFile(path: string, text: string): Promise<void>;
  /** TLS of a client with the files of these options. @throws {Error} if one is not usable */
  clientTls(settings: Settings, files: TlsFileOptions): Promise<ClientTls>;
  /**
   * Aborts at the first SIGINT or SIGTERM; a second one ends the process at once. So does SIGHUP,
   * except in a service.
   */
  readonly interrupted: AbortSignal;
  /**
   * Calls `handle` with each request that a signal makes of a service: SIGHUP, SIGUSR1 or SIGQUIT.
   * Earlier requests count, each once. Other commands get none.
   */
  onRequest(handle: (request: ServiceRequest) => void): void;
}

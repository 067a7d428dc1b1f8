import {
  fileIdentity,
  hostFacts,
  hostFiles,
  hostName,
  isSignalIgnored,
  openUnblocked,
  requireRegularFile,
} from "../../drivers/host.ts";
import { BufferedOutput } from "./buffered_output.ts";
import { openFullTerminal } from "./full_terminal.ts";
import { createEnvironment, type Environment } from "./environment.ts";
import { EXIT } from "./exit_code.ts";
import { ignoringErrors } from "./ignoring_errors.ts";
import { type ErrorOutput, type Io, type Output, OutputClosed, type ServiceRequest } from "./io.ts";

const DEFAULT_COLUMNS = 80;
const DEFAULT_ROWS = 24;
const FULL_PAUSE_MS = 2;
const NEWLINE = 0x0a;
/** A pipe takes so much in one piece or not at all: of more, nobody could tell what it had taken. */
const ALL_OR_NOTHING_BYTES = 4096;
const MAX_LOG_BYTES = 2 ** 20;
const FLUSH_MS = 1_000;
const STDERR = 2;

/** The process as commands see it, and what it does before it ends. */
export interface ProcessIo extends Io {
  /** Writes what is left of the log, for a second at most. */
  flush(): Promise<void>;
}

/**
 * @param isService whether a service runs, which signals ask for things and no reader of its log may
 * hold up: from the first moment on
 */
export function createIo(isService: boolean): ProcessIo {
  const env = createEnvironment();
  const signals = isService ? new ServiceSignals() : undefined;
  const log = isService ? bufferedLog() : undefined;
  let interrupted: AbortSignal | undefined;
  return {
    out: outputOf(Deno.stdout),
    err: errorOutput(env, log),
    stdin: Deno.stdin,
    get terminal() {
      return openFullTerminal(Deno.stdin, Deno.stdout);
    },
    env,
    facts: hostFacts(),
    hostName,
    ...hostFiles,
    requireRegularFile,
    // Listened for only where a command asks: a command that does not is ended by the signal.
    get interrupted() {
      return interrupted ??= listenForInterrupts(isService);
    },
    onRequest: (handle) => signals?.handle(handle),
    flush: () => log?.flush(FLUSH_MS) ?? Promise.resolve(),
  };
}

function bufferedLog(): BufferedOutput | undefined {
  const output = unblockedStderr();
  return output && new BufferedOutput({
    tryWrite: output.tryWrite,
    terminal: outputOf(Deno.stderr),
    maxBytes: MAX_LOG_BYTES,
  });
}

// Where C may not be called, the log waits for its reader.
function unblockedStderr(): ReturnType<typeof openUnblocked> {
  try {
    return openUnblocked(STDERR);
  } catch {
    return undefined;
  }
}

function errorOutput(env: Environment, log: BufferedOutput | undefined): ErrorOutput {
  // A daemon outlives the reader of its log, and the space for it: there is nobody left to tell.
  const output = log ?? ignoringErrors(outputOf(Deno.stderr), () => true);
  return {
    isTerminal: output.isTerminal,
    isJournal: isJournal(STDERR, env["JOURNAL_STREAM"]),
    get columns() {
      return output.columns;
    },
    get droppedLines() {
      return log?.droppedLines ?? 0;
    },
    write: (text) => output.write(text),
    onRoom: (tell) => log?.onRoom(tell),
  };
}

function outputOf(stream: typeof Deno.stdout | typeof Deno.stderr): Output {
  const encoder = new TextEncoder();
  return {
    isTerminal: stream.isTerminal(),
    get columns() {
      return stream.isTerminal() ? Deno.consoleSize().columns : DEFAULT_COLUMNS;
    },
    get rows() {
      return stream.isTerminal() ? Deno.consoleSize().rows : DEFAULT_ROWS;
    },
    write(text) {
      const bytes = encoder.encode(text);
      for (let sent = 0; sent < bytes.length;) {
        sent += writeSome(stream, onePiece(bytes.subarray(sent, sent + ALL_OR_NOTHING_BYTES)));
      }
    },
  };
}

// The runtime writes up to the last newline and then the rest: when only the rest has no room, it
// fails, although the lines are written.
function onePiece(bytes: Uint8Array): Uint8Array {
  const end = bytes.lastIndexOf(NEWLINE) + 1;
  return end > 0 ? bytes.subarray(0, end) : bytes;
}

function writeSome(stream: typeof Deno.stdout | typeof Deno.stderr, bytes: Uint8Array): number {
  try {
    return stream.writeSync(bytes);
  } catch (error) {
    if (error instanceof Deno.errors.BrokenPipe) throw new OutputClosed();
    if (!(error instanceof Deno.errors.WouldBlock)) throw error;
    pause(FULL_PAUSE_MS);
    return 0;
  }
}

// Who gave us a stream may have made it non-blocking: then it is for us to wait until it has room.
function pause(ms: number): void {
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, ms);
}

function listenForInterrupts(isService: boolean): AbortSignal {
  const controller = new AbortController();
  const onSignal = () => {
    if (controller.signal.aborted) Deno.exit(EXIT.unclean);
    controller.abort();
  };
  // The terminal has closed. Deno's first listener undoes what nohup(1) does, so that it is done anew.
  const onHangUp = isSignalIgnored("SIGHUP") ? () => {} : onSignal;
  if (!isService) Deno.addSignalListener("SIGHUP", onHangUp);
  Deno.addSignalListener("SIGINT", onSignal);
  Deno.addSignalListener("SIGTERM", onSignal);
  return controller.signal;
}

/**
 * Whether the journal reads a descriptor: systemd names its socket to a service as
 * `<device>:<inode>` (systemd.exec(5)), and a child that writes elsewhere inherits the variable.
 *
 * @param stream the value of the variable `JOURNAL_STREAM`
 */
export function isJournal(fd: number, stream: string | undefined): boolean {
  if (!stream) return false;
  try {
    return fileIdentity(fd) === stream;
  } catch {
    // Where C may not be called.
    return false;
  }
}

const REQUESTS: readonly (readonly [Deno.Signal, ServiceRequest])[] = [
  ["SIGHUP", "reload"],
  ["SIGUSR1", "toggle-debug"],
  ["SIGQUIT", "describe"],
];

/** The signals that ask a service for something. From the first moment on none of them ends it. */
class ServiceSignals {
  /** What was asked for before anything handled it. */
  readonly #early = new Set<ServiceRequest>();
  #handle = (request: ServiceRequest): void => void this.#early.add(request);

  constructor() {
    for (const [signal, request] of REQUESTS) {
      Deno.addSignalListener(signal, () => this.#handle(request));
    }
  }

  /** From now on `handle` is called with each request, first with those that came before. */
  handle(handle: (request: ServiceRequest) => void): void {
    this.#handle = handle;
    for (const request of this.#early) handle(request);
    this.#early.clear();
  }
}

import { messageOf } from "../../drivers/contract/errors.ts";
import {
  fileIdentity,
  hostFacts,
  hostFiles,
  hostName,
  isSignalIgnored,
  openUnblocked,
  replaceFile,
  waitForRoom,
} from "../../drivers/host.ts";
import { clientTls } from "../../drivers/tls.ts";
import { BufferedOutput } from "./buffered_output.ts";
import { openFullTerminal } from "./full_terminal.ts";
import { createEnvironment, type Environment } from "./environment.ts";
import { EXIT } from "./exit_code.ts";
import { ignoringErrors } from "./ignoring_errors.ts";
import { Interrupts } from "./interrupts.ts";
import { type ErrorOutput, type Io, type Output, OutputClosed, type ServiceRequest } from "./io.ts";

const DEFAULT_COLUMNS = 80;
const DEFAULT_ROWS = 24;
const FULL_PAUSE_MS = 2;
const NEWLINE = 0x0a;
/**
 * A pipe accepts up to this size entirely or not at all; of a larger write it may accept a part.
 */
const ALL_OR_NOTHING_BYTES = 4096;
/** A file accepts any write, except when its disk is full. */
const FILE_BYTES = 65_536;
const MAX_LOG_BYTES = 2 ** 20;
const FLUSH_MS = 1_000;
/** After this time without room for output, signals end the process at once. */
const READER_MS = 1_000;
const STDOUT = 1;
const STDERR = 2;

/** The process as commands see it, and its last actions. */
export interface ProcessIo extends Io {
  /** Writes the rest of the log, for at most a second. */
  flush(): Promise<void>;
}

/**
 * @param isService whether a service runs: signals make requests of it, and the reader of its log
 * must not block it, from the first moment on
 */
export function createIo(isService: boolean): ProcessIo {
  const ending: Deno.Signal[] = ["SIGINT", "SIGTERM"];
  // Deno undoes the effect of nohup(1) soon after its start, so this restores it at once.
  if (!isService && isSignalIgnored("SIGHUP")) Deno.addSignalListener("SIGHUP", () => {});
  else if (!isService) ending.push("SIGHUP");
  const env = createEnvironment();
  const signals = isService ? new ServiceSignals() : undefined;
  const log = isService ? bufferedLog() : undefined;
  let interrupts: Interrupts | undefined;
  const suspend = () => interrupts?.suspend();
  return {
    out: outputOf(Deno.stdout, suspend),
    err: errorOutput(env, log, suspend),
    stdin: { read: readInput },
    get terminal() {
      return openFullTerminal(Deno.stdin, Deno.stdout);
    },
    env,
    facts: hostFacts(),
    hostName,
    ...hostFiles,
    replaceFile,
    clientTls,
    // Signals are handled only if a command asks for them; otherwise a signal ends the command.
    get interrupted() {
      return (interrupts ??= new Interrupts(ending, () => Deno.exit(EXIT.unclean))).signal;
    },
    onRequest: (handle) => signals?.handle(handle),
    flush: () => log?.flush(FLUSH_MS) ?? Promise.resolve(),
  };
}

function bufferedLog(): BufferedOutput | undefined {
  const output = unblockedStderr();
  return output && new BufferedOutput({
    tryWrite: output.tryWrite,
    terminal: outputOf(Deno.stderr, () => undefined),
    maxBytes: MAX_LOG_BYTES,
  });
}

// Without permission to call C, the log waits for its reader.
function unblockedStderr(): ReturnType<typeof openUnblocked> {
  try {
    return openUnblocked(STDERR);
  } catch {
    return undefined;
  }
}

function errorOutput(
  env: Environment,
  log: BufferedOutput | undefined,
  suspend: Suspend,
): ErrorOutput {
  // A daemon outlives the reader of its log, and free disk space: errors cannot be reported.
  const output = log ?? ignoringErrors(outputOf(Deno.stderr, suspend), () => true);
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

/** Lets signals end the process until the result is disposed. */
type Suspend = () => Disposable | undefined;

function outputOf(stream: typeof Deno.stdout | typeof Deno.stderr, suspend: Suspend): Output {
  const encoder = new TextEncoder();
  let pieceBytes: number | undefined;
  return {
    isTerminal: stream.isTerminal(),
    get columns() {
      // A terminal may report no size: then it reports 0.
      return stream.isTerminal() && Deno.consoleSize().columns || DEFAULT_COLUMNS;
    },
    get rows() {
      return stream.isTerminal() && Deno.consoleSize().rows || DEFAULT_ROWS;
    },
    write(text) {
      const bytes = encoder.encode(text);
      pieceBytes ??= isFile(stream) ? FILE_BYTES : ALL_OR_NOTHING_BYTES;
      for (let sent = 0; sent < bytes.length;) {
        if (pieceBytes !== FILE_BYTES) awaitReader(stream, suspend);
        sent += writeSome(stream, onePiece(bytes.subarray(sent, sent + pieceBytes)));
      }
    },
  };
}

function isFile(stream: typeof Deno.stdout | typeof Deno.stderr): boolean {
  try {
    return Deno.statSync(stream === Deno.stdout ? "/dev/stdout" : "/dev/stderr").isFile;
  } catch {
    return false;
  }
}

/** Blocks until there is room. A reader that takes nothing must not keep the process alive. */
function awaitReader(stream: typeof Deno.stdout | typeof Deno.stderr, suspend: Suspend): void {
  const fd = stream === Deno.stdout ? STDOUT : STDERR;
  try {
    const until = performance.now() + READER_MS;
    // A signal interrupts a wait. Its listener runs after the write, so it must not be removed here.
    for (let leftMs; (leftMs = until - performance.now()) > 0;) {
      if (waitForRoom(fd, Math.ceil(leftMs))) return;
    }
    using _signals = suspend();
    while (!waitForRoom(fd, Infinity));
  } catch {
    // Without permission to call C, the write itself blocks.
  }
}

// The runtime writes up to the last newline and then the rest. If only the rest does not fit, it
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
    if (!(error instanceof Deno.errors.WouldBlock)) {
      const name = stream === Deno.stdout ? "output" : "error";
      throw new Error(`Cannot write standard ${name}: ${messageOf(error)}`, { cause: error });
    }
    pause(FULL_PAUSE_MS);
    return 0;
  }
}

async function readInput(into: Uint8Array): Promise<number | null> {
  try {
    return await Deno.stdin.read(into);
  } catch (error) {
    throw new Error(`Cannot read standard input: ${messageOf(error)}`, { cause: error });
  }
}

// The parent process may have made the stream non-blocking: then this process waits for room.
function pause(ms: number): void {
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, ms);
}

/**
 * Whether the journal reads a descriptor: systemd identifies its socket to a service as
 * `<device>:<inode>` (systemd.exec(5)). A child process with another output inherits the variable.
 *
 * @param stream the value of the variable `JOURNAL_STREAM`
 */
export function isJournal(fd: number, stream: string | undefined): boolean {
  if (!stream) return false;
  try {
    return fileIdentity(fd) === stream;
  } catch {
    // Without permission to call C.
    return false;
  }
}

const REQUESTS: readonly (readonly [Deno.Signal, ServiceRequest])[] = [
  ["SIGHUP", "reload"],
  ["SIGUSR1", "toggle-debug"],
  ["SIGQUIT", "describe"],
];

/**
 * The signals that make requests of a service. From its creation on, none of them ends the service.
 */
class ServiceSignals {
  /** Requests that arrived before there was a handler. */
  readonly #early = new Set<ServiceRequest>();
  #handle = (request: ServiceRequest): void => void this.#early.add(request);

  constructor() {
    for (const [signal, request] of REQUESTS) {
      Deno.addSignalListener(signal, () => this.#handle(request));
    }
  }

  /** Calls `handle` with each request from now on, and first with earlier ones. */
  handle(handle: (request: ServiceRequest) => void): void {
    this.#handle = handle;
    for (const request of this.#early) handle(request);
    this.#early.clear();
  }
}

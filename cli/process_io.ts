import { hostFacts, hostFiles } from "../drivers/host.ts";
import { createEnvironment } from "./environment.ts";
import { EXIT } from "./exit_code.ts";
import { forgiving } from "./forgiving_output.ts";
import { hostName } from "./host_name.ts";
import { type Io, type Output, OutputClosed } from "./io.ts";

const DEFAULT_COLUMNS = 80;
const FULL_PAUSE_MS = 2;
/** A pipe takes so much in one piece or not at all: of more, nobody could tell what it had taken. */
const ALL_OR_NOTHING_BYTES = 4096;

/** The process as commands see it. */
export function createIo(): Io {
  let interrupted: AbortSignal | undefined;
  return {
    out: outputOf(Deno.stdout),
    // A daemon outlives the reader of its log, and the space for it: there is nobody left to tell.
    err: forgiving(outputOf(Deno.stderr), () => true),
    stdin: Deno.stdin,
    env: createEnvironment(),
    facts: hostFacts(),
    hostName,
    ...hostFiles,
    // Listened for only where a command asks: a command that does not is ended by the signal.
    get interrupted() {
      return interrupted ??= listenForInterrupts();
    },
  };
}

function outputOf(stream: typeof Deno.stdout | typeof Deno.stderr): Output {
  const encoder = new TextEncoder();
  return {
    isTerminal: stream.isTerminal(),
    get columns() {
      return columnsOf(stream);
    },
    write(text) {
      const octets = encoder.encode(text);
      for (let sent = 0; sent < octets.length;) {
        sent += writeSome(stream, octets.subarray(sent, sent + ALL_OR_NOTHING_BYTES));
      }
    },
  };
}

function columnsOf(stream: typeof Deno.stdout | typeof Deno.stderr): number {
  return stream.isTerminal() ? Deno.consoleSize().columns : DEFAULT_COLUMNS;
}

function writeSome(stream: typeof Deno.stdout | typeof Deno.stderr, octets: Uint8Array): number {
  try {
    return stream.writeSync(octets);
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

function listenForInterrupts(): AbortSignal {
  const controller = new AbortController();
  const onSignal = () => {
    if (controller.signal.aborted) Deno.exit(EXIT.unclean);
    controller.abort();
  };
  Deno.addSignalListener("SIGINT", onSignal);
  Deno.addSignalListener("SIGTERM", onSignal);
  return controller.signal;
}

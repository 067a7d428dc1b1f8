import { hostFacts, hostFiles } from "../drivers/host.ts";
import { EXIT } from "./exit_code.ts";
import { hostName } from "./host_name.ts";
import { type Io, type Output, OutputClosed } from "./io.ts";

const DEFAULT_COLUMNS = 80;

/** The process as commands see it. */
export function createIo(): Io {
  let interrupted: AbortSignal | undefined;
  return {
    out: outputOf(Deno.stdout),
    err: talkTo(outputOf(Deno.stderr)),
    stdin: Deno.stdin.readable,
    env: Deno.env.toObject(),
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
      for (let sent = 0; sent < octets.length;) sent += writeSome(stream, octets.subarray(sent));
    },
  };
}

// A daemon outlives the reader of its log.
function talkTo(output: Output): Output {
  return {
    isTerminal: output.isTerminal,
    get columns() {
      return output.columns;
    },
    write(text) {
      try {
        output.write(text);
      } catch (error) {
        if (!(error instanceof OutputClosed)) throw error;
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
    throw error;
  }
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

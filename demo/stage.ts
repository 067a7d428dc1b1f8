import { DemoProcess, programCommand } from "./process.ts";

const COLOURS = ["\x1b[36m", "\x1b[32m", "\x1b[33m", "\x1b[35m", "\x1b[34m"];
const LINE_COLUMNS = 150;
const isColoured = Deno.stdout.isTerminal() && !Deno.env.get("NO_COLOR");

/** Options for starting a process. */
export interface ProcessOptions {
  /** Settings in the form of `--set`. */
  readonly settings: readonly string[];
  /** Maximum number of events shown. @default all */
  readonly maxEvents?: number;
}

/** The processes of the demo: starts them, prints what they are for, and ends them all. */
export class Stage implements AsyncDisposable {
  readonly #processes = new AsyncDisposableStack();

  /** Starts the real program. */
  program(name: string, args: readonly string[], options: ProcessOptions): DemoProcess {
    const settings = [...options.settings, "df.log_format=text"];
    const flags = ["--no-config", ...settings.flatMap((setting) => ["--set", setting])];
    const show = printer(name, options.maxEvents ?? Infinity);
    return this.#start(name, programCommand([...args, ...flags]), show);
  }

  /** Starts any other program without showing its output. */
  other(name: string, command: readonly string[]): DemoProcess {
    return this.#start(name, command, () => {});
  }

  /** @throws {Error} when the demo has ended */
  #start(name: string, command: readonly string[], show: (line: string) => void): DemoProcess {
    if (this.#processes.disposed) throw new Error(`Cannot start ${name}: the demo has ended`);
    return this.#processes.use(new DemoProcess(name, command, show));
  }

  /** Prints a heading for the next step. */
  step(text: string): void {
    say(isColoured ? `\n\x1b[1m== ${text}\x1b[0m\n` : `\n== ${text}\n`);
  }

  /** @throws {Error} unless the process ends with the exit code `wanted` */
  async ends(process: DemoProcess, wanted = 0): Promise<void> {
    const code = await process.ended();
    if (code !== wanted) throw new Error(`${process.name} ended with ${code}, wanted ${wanted}`);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#processes.disposeAsync();
  }
}

/** A line of the log about an option that the demo has set, or an address of this host only. */
const SETTING = / origin="--set"$|, which only this host can reach: /;

/**
 * Prints a process's lines as they arrive: all status lines except those about settings of the demo,
 * and at most `events` events.
 */
function printer(name: string, maxEvents: number): (line: string) => void {
  const sum = [...name].reduce((total, letter) => total + letter.charCodeAt(0), 0);
  const label = name.padEnd(13);
  const head = isColoured ? `${COLOURS[sum % COLOURS.length]}${label}\x1b[0m| ` : `${label}| `;
  let events = 0;
  return (line) => {
    const isEvent = line.startsWith("{");
    if (isEvent && events++ === maxEvents) say(`${head}… and so on\n`);
    if (isEvent && events > maxEvents || SETTING.test(line)) return;
    const text = line.length > LINE_COLUMNS ? `${line.slice(0, LINE_COLUMNS - 1)}…` : line;
    say(`${head}${text}\n`);
  };
}

/** Writes to standard output. */
export function say(text: string): void {
  Deno.stdout.writeSync(new TextEncoder().encode(text));
}

/** Ports of the loopback that are free now. */
export function freePorts(count: number): number[] {
  const listeners = Array.from({ length: count }, () => {
    return Deno.listen({ hostname: "127.0.0.1", port: 0 });
  });
  const ports = listeners.map(({ addr }) => addr.port);
  for (const listener of listeners) listener.close();
  return ports;
}

/** @throws {Error} with the Debian package, unless the program is installed */
export function requireProgram(name: string, debianPackage: string): void {
  try {
    new Deno.Command(name, { args: ["--version"], stdout: "null" }).outputSync();
  } catch (error) {
    if (!(error instanceof Deno.errors.NotFound)) throw error;
    throw new Error(`${name} is not installed: apt-get install -y ${debianPackage}`);
  }
}

import { DemoProcess, programCommand } from "./process.ts";

const COLOURS = ["\x1b[36m", "\x1b[32m", "\x1b[33m", "\x1b[35m", "\x1b[34m"];
const LINE_COLUMNS = 150;
const isColoured = Deno.stdout.isTerminal() && !Deno.env.get("NO_COLOR");

/** How a process is begun. */
export interface ProcessOptions {
  /** Settings, as of `--set`. */
  readonly settings: readonly string[];
  /** How many events it shows. @default all */
  readonly mostEvents?: number;
}

/** Where the demo plays: begins processes, tells what they are for, and ends them all. */
export class Stage implements AsyncDisposable {
  readonly #processes = new AsyncDisposableStack();

  /** Begins the real program. */
  program(name: string, args: readonly string[], options: ProcessOptions): DemoProcess {
    const settings = [...options.settings, "df.log_format=text"];
    const flags = ["--no-config", ...settings.flatMap((setting) => ["--set", setting])];
    const show = printer(name, options.mostEvents ?? Infinity);
    return this.#processes.use(new DemoProcess(name, programCommand([...args, ...flags]), show));
  }

  /** Begins any other program, unseen. */
  other(name: string, command: readonly string[]): DemoProcess {
    return this.#processes.use(new DemoProcess(name, command, () => {}));
  }

  /** Tells what comes next. */
  step(text: string): void {
    say(isColoured ? `\n\x1b[1m== ${text}\x1b[0m\n` : `\n== ${text}\n`);
  }

  /** @throws {Error} unless the process ends with `wanted` */
  async ends(process: DemoProcess, wanted = 0): Promise<void> {
    const code = await process.ended();
    if (code !== wanted) throw new Error(`${process.name} ended with ${code}, wanted ${wanted}`);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#processes.disposeAsync();
  }
}

/** Prints a process's lines as they come: all of its talk, and so many events. */
function printer(name: string, mostEvents: number): (line: string) => void {
  const sum = [...name].reduce((total, letter) => total + letter.charCodeAt(0), 0);
  const label = name.padEnd(13);
  const head = isColoured ? `${COLOURS[sum % COLOURS.length]}${label}\x1b[0m| ` : `${label}| `;
  let events = 0;
  return (line) => {
    const isEvent = line.startsWith("{");
    if (isEvent && events++ === mostEvents) say(`${head}… and so on\n`);
    if (isEvent && events > mostEvents) return;
    const text = line.length > LINE_COLUMNS ? `${line.slice(0, LINE_COLUMNS - 1)}…` : line;
    say(`${head}${text}\n`);
  };
}

/** Prints. */
export function say(text: string): void {
  Deno.stdout.writeSync(new TextEncoder().encode(text));
}

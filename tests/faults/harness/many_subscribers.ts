import { fileURLToPath } from "node:url";
import { Child } from "./child.ts";
import type { LedgerRow } from "./ledger.ts";
import { systemOutput } from "./net_pair.ts";

const PYTHON = "/usr/bin/python3";
const pathOf = (name: string) => fileURLToPath(new URL(`../peers/${name}`, import.meta.url));

/**
 * The command of a process with many plain sockets: the C program if it compiles, otherwise Python.
 */
export async function manyCommand(directory: string): Promise<readonly string[]> {
  const program = `${directory}/many`;
  const flags = ["-O2", "-Wall", "-Wextra", "-Werror"];
  const { code } = await systemOutput(["cc", ...flags, "-o", program, pathOf("many.c"), "-lzmq"]);
  return code === 0 ? [program] : [PYTHON, pathOf("many.py")];
}

interface ManyReport {
  readonly sockets: number;
  readonly last: number;
  readonly expected: number;
  readonly received: number;
  readonly disordered: number;
}

/** Many plain sockets on one publisher in one process, without any of our code. */
export class ManySubscribers implements AsyncDisposable {
  readonly #child: Child;
  readonly #name: string;

  constructor(name: string, command: readonly string[]) {
    this.#name = name;
    this.#child = new Child(name, command);
  }

  /** Resolves when each socket has received an event. */
  async live(): Promise<void> {
    await this.#child.stdout?.waitFor(/^live$/m);
  }

  /**
   * Ends the sockets when no event is in flight, and accounts for the events up to this number that
   * each should have received.
   */
  async finish(last: number): Promise<LedgerRow> {
    await this.#child.endInput();
    const { stdout, stderr } = await this.#child.ended();
    const line = stdout.split("\n").find((each) => each.startsWith("{"));
    if (line === undefined) {
      throw new Error(`"${this.#name}" printed no result: ${stdout}${stderr}`);
    }
    return this.#row(JSON.parse(line), last);
  }

  /** A plain socket reports nothing, so every event that it has not received is a silent loss. */
  #row(report: ManyReport, last: number): LedgerRow {
    const { sockets, expected, received, disordered } = report;
    const published = expected + Math.max(0, last - report.last);
    const silent = published - received;
    const sums = { published, delivered: received, replayed: 0, announced: 0, silent };
    const note = `${sockets} plain sockets, together`;
    return { subscriber: this.#name, ...sums, duplicates: 0, disordered, note };
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.#child[Symbol.asyncDispose]();
  }
}

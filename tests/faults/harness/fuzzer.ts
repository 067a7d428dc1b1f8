import { fileURLToPath } from "node:url";
import { Child } from "./child.ts";

const PYTHON = "/usr/bin/python3";
const SCRIPT = fileURLToPath(new URL("../peers/fuzz.py", import.meta.url));

/** A message as its frames, each in hexadecimal. */
export type HexMessage = readonly string[];

/** The messages of a {@linkcode Fuzzer}, and their target. */
export interface FuzzerOptions {
  readonly type: "PUSH" | "DEALER" | "PUB" | "TCP";
  readonly role: "connect" | "bind";
  readonly address: string;
  readonly count: number;
  readonly seed: number;
  /** The messages that are mutated. */
  readonly corpus: readonly HexMessage[];
}

/** A process that sends mutated messages. It uses python3-zmq and none of our code. */
export class Fuzzer implements AsyncDisposable {
  readonly address: string;
  readonly #child: Child;

  /** Starts a fuzzer. It has bound or begun to connect, and has sent nothing yet. */
  static async open(options: FuzzerOptions): Promise<Fuzzer> {
    const { type, role, address, count, seed, corpus } = options;
    const args = [PYTHON, SCRIPT, type, role, address, String(count), String(seed)];
    const child = new Child(`fuzzer of ${type}`, args);
    try {
      await child.write(`${JSON.stringify(corpus)}\n`);
      const ready = await child.stdout?.waitFor(/"ready": "([^"]+)"/);
      return new Fuzzer(child, ready?.[1]?.replace("\0", "") ?? address);
    } catch (error) {
      await child[Symbol.asyncDispose]();
      throw error;
    }
  }

  private constructor(child: Child, address: string) {
    this.#child = child;
    this.address = address;
  }

  /** Sends all messages. @throws {Error} when the peer stops accepting them */
  async run(): Promise<void> {
    await this.#child.write("go\n");
    const { code, stdout, stderr } = await this.#child.ended();
    if (code !== 0 || !stdout.includes('"sent"')) throw new Error(`The fuzzer failed: ${stderr}`);
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.#child[Symbol.asyncDispose]();
  }
}

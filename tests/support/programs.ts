import assert from "node:assert/strict";
import config from "../../deno.json" with { type: "json" };
import { type TempDir, tempDir } from "./temp_dir.ts";

const ROOT = new URL("../../", import.meta.url);
const TIMEOUT_MS = 180_000;

/** A program that documentation shows. */
export interface Example {
  /** The file that shows it. */
  readonly path: string;
  readonly title: string;
  readonly code: string;
}

/** The `@example`s of a source file. */
export async function examplesOf(path: string): Promise<Example[]> {
  const source = await Deno.readTextFile(new URL(path, ROOT));
  const blocks = source.matchAll(/ \* @example (.*)\n \* ```ts\n([\s\S]*?) \* ```/g);
  const examples = [...blocks].map(([, title = "", block = ""]) => ({
    path,
    title,
    code: block.replace(/^ \* ?/gm, ""),
  }));
  assert.equal(examples.length, source.split("@example").length - 1, `${path}: not all were read`);
  return examples;
}

/** What the comments after `console.log` say that a program prints. */
export function promisedOutput(code: string): string {
  const lines = [...code.matchAll(/^ *console\.log\(.*\);(?: \/\/ (.*))?$/gm)];
  return lines.map(([line, output]) => `${output ?? `nothing is promised of ${line}`}\n`).join("");
}

/** Programs in a project of their own, which uses the library as `@df/pubsub`. */
export class Programs implements AsyncDisposable {
  readonly #directory: TempDir;
  readonly #codes: string[] = [];

  private constructor(directory: TempDir) {
    this.#directory = directory;
  }

  /** A project that uses the sources of this one. */
  static async open(): Promise<Programs> {
    const programs = new Programs(await tempDir());
    const entries = Object.entries(config.exports).map(([name, path]) => [
      config.name + name.slice(1),
      new URL(path, ROOT).href,
    ]);
    const imports = Object.fromEntries([...entries, ...Object.entries(config.imports)]);
    await programs.#write("deno.json", JSON.stringify({ nodeModulesDir: "none", imports }));
    return programs;
  }

  /** Adds a program. @returns its name, to run it by */
  async add(code: string): Promise<string> {
    const name = `program_${this.#codes.push(code)}.ts`;
    await this.#write(name, code);
    return name;
  }

  async #write(name: string, text: string): Promise<void> {
    await Deno.writeTextFile(this.#directory.join(name), text);
  }

  /** Type-checks all programs at once, with Deno's default compiler options. */
  async check(): Promise<void> {
    await this.#deno("check", ...this.#codes.map((_, index) => `program_${index + 1}.ts`));
  }

  /** Runs a program, without type checks. @returns what it printed */
  async run(name: string, ...args: readonly string[]): Promise<string> {
    return await this.#deno("run", "--quiet", "--no-check", "-A", name, ...args);
  }

  async #deno(...args: readonly string[]): Promise<string> {
    const command = new Deno.Command(Deno.execPath(), {
      args: [...args],
      cwd: this.#directory.path,
      // What a program leaves goes with the directory.
      env: { TMPDIR: this.#directory.path, NO_COLOR: "1" },
      signal: AbortSignal.timeout(TIMEOUT_MS),
    });
    const { code, stdout, stderr } = await command.output();
    assert.equal(code, 0, new TextDecoder().decode(stderr));
    return new TextDecoder().decode(stdout);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#directory[Symbol.asyncDispose]();
  }
}

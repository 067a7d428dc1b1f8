import assert from "node:assert/strict";
import { dirname } from "node:path";
import config from "../../deno.json" with { type: "json" };
import { Program, type ProgramResult } from "./program.ts";
import { type TempDir, tempDir } from "./temp_dir.ts";

const ROOT = new URL("../../", import.meta.url);
const CHECK_MS = 240_000;

/** Gives a project the library. */
export type Install = (project: Project) => Promise<void>;

/** A project of a user's, that imports the library as `@df/pubsub`; compiler options are Deno's own. */
export class Project implements AsyncDisposable {
  /** Variables of its commands besides those of this process. */
  readonly env: Record<string, string>;
  readonly #directory: TempDir;

  private constructor(directory: TempDir) {
    this.#directory = directory;
    // What a program leaves goes with the directory.
    this.env = { TMPDIR: directory.path, NO_COLOR: "1" };
  }

  /** An empty project, but for the library. */
  static async open(install: Install = fromSources): Promise<Project> {
    const project = new Project(await tempDir());
    await install(project);
    return project;
  }

  /** The path of a file in it. */
  join(name: string): string {
    return this.#directory.join(name);
  }

  /** Writes a file. */
  async write(name: string, content: string): Promise<void> {
    await Deno.mkdir(dirname(this.join(name)), { recursive: true });
    await Deno.writeTextFile(this.join(name), content);
  }

  /** Starts `deno` in it. */
  start(...args: readonly string[]): Program {
    const options = { env: this.env, cwd: this.#directory.path, name: args.join(" ") };
    return Program.startCommand([Deno.execPath(), ...args], options);
  }

  /** Starts a program of it, without type checks. */
  startProgram(name: string, ...args: readonly string[]): Program {
    return this.start("run", "--quiet", "--no-check", "-A", name, ...args);
  }

  /** Runs `deno` in it to its end. @returns what it printed */
  async run(...args: readonly string[]): Promise<string> {
    await using program = this.start(...args);
    return succeeded(await program.result(CHECK_MS));
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#directory[Symbol.asyncDispose]();
  }
}

/** What a command printed that must have succeeded. */
export function succeeded({ code, stdout, stderr }: ProgramResult): string {
  assert.equal(code, 0, stderr + stdout);
  return stdout;
}

/** The sources of this project. */
async function fromSources(project: Project): Promise<void> {
  const entries = Object.entries(config.exports).map(([name, path]) => [
    config.name + name.slice(1),
    new URL(path, ROOT).href,
  ]);
  const imports = Object.fromEntries([...entries, ...Object.entries(config.imports)]);
  await project.write("deno.json", JSON.stringify({ nodeModulesDir: "none", imports }));
}

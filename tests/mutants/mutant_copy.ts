import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

const ROOT = fileURLToPath(new URL("../../", import.meta.url));
const TEST = ["test", "-A", "--no-check", "--fail-fast", "--quiet"];
const PRELOAD = "--preload=tests/support/preload.ts";
const SANITIZERS = ["--sanitize-ops", "--sanitize-resources"];

/** How a test run ended. */
export type Verdict = "passed" | "failed" | "timed out";

/** A copy of the project, in which files are changed and tested. Disposing removes it. */
export class MutantCopy implements AsyncDisposable {
  readonly #path: string;

  /** Copies all files except those that git ignores. */
  static async create(): Promise<MutantCopy> {
    const copy = new MutantCopy(await Deno.makeTempDir({ prefix: "df-pubsub-mutants-" }));
    const args = ["ls-files", "--cached", "--others", "--exclude-standard", "-z"];
    const { stdout } = await new Deno.Command("git", { args, cwd: ROOT }).output();
    for (const path of new TextDecoder().decode(stdout).split("\0")) {
      if (path !== "") await copy.#take(path);
    }
    await Deno.symlink(join(ROOT, "node_modules"), join(copy.#path, "node_modules"));
    return copy;
  }

  private constructor(path: string) {
    this.#path = path;
  }

  async #take(path: string): Promise<void> {
    const target = join(this.#path, path);
    await Deno.mkdir(dirname(target), { recursive: true });
    await Deno.copyFile(join(ROOT, path), target);
  }

  /** Runs one test file while a source file has a different text. */
  async testWith(
    change: { readonly path: string; readonly text: string },
    test: string,
    timeoutMs: number,
  ): Promise<Verdict> {
    await Deno.writeTextFile(join(this.#path, change.path), change.text);
    try {
      return await this.#test(test, timeoutMs);
    } finally {
      await this.#take(change.path);
    }
  }

  async #test(test: string, timeoutMs: number): Promise<Verdict> {
    const child = new Deno.Command(Deno.execPath(), {
      args: [...TEST, PRELOAD, ...SANITIZERS, test],
      cwd: this.#path,
      stdin: "null",
      stdout: "null",
      stderr: "null",
    }).spawn();
    let isLate = false;
    const timer = setTimeout(() => {
      isLate = true;
      child.kill("SIGKILL");
    }, timeoutMs);
    const { success } = await child.status;
    clearTimeout(timer);
    return isLate ? "timed out" : success ? "passed" : "failed";
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await Deno.remove(this.#path, { recursive: true });
  }
}

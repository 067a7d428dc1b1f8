import { dirname, join, relative } from "node:path";
import { fileURLToPath } from "node:url";
import { deno, ROOT } from "./child.ts";
import { isKept } from "./kept_files.ts";
import type { Target } from "./targets.ts";

const ENTRY = "main.ts";
const PACKAGES = "node_modules";

// ioredis prints its traces by way of this package, which lists every variable when it is loaded:
// the compiled program may read none but those it knows.
const SILENT_DEBUG = `module.exports = () => Object.assign(() => {}, { enabled: false });
module.exports.default = module.exports;
`;

/** A copy of what goes into the executable, and of nothing else; disposing removes it. */
export class Stage implements AsyncDisposable {
  readonly path: string;

  static async create(target: Target, commit: string | undefined): Promise<Stage> {
    const stage = new Stage(await Deno.makeTempDir({ prefix: "df-pubsub-compile-" }));
    try {
      await stage.#fill(target, commit);
      return stage;
    } catch (error) {
      await stage[Symbol.asyncDispose]();
      throw error;
    }
  }

  private constructor(path: string) {
    this.path = path;
  }

  async #fill(target: Target, commit: string | undefined): Promise<void> {
    for (const file of [...await usedSources(), "deno.json", "deno.lock"]) await this.#copy(file);
    await this.#copyTree(PACKAGES, (path) => isKept(path, target));
    if (commit !== undefined) {
      await this.#write("cli/commit.ts", `export const COMMIT = ${JSON.stringify(commit)};\n`);
    }
    await this.#silence();
  }

  async #copy(file: string): Promise<void> {
    await Deno.mkdir(dirname(join(this.path, file)), { recursive: true });
    await Deno.copyFile(join(ROOT, file), join(this.path, file));
  }

  async #copyTree(directory: string, isWanted: (path: string) => boolean): Promise<void> {
    await Deno.mkdir(join(this.path, directory), { recursive: true });
    for await (const { name, isSymlink, isDirectory } of Deno.readDir(join(ROOT, directory))) {
      const path = `${directory}/${name}`;
      if (isSymlink) await this.#copyLink(path);
      else if (isDirectory) await this.#copyTree(path, isWanted);
      else if (isWanted(relative(`${PACKAGES}/.deno`, path))) await this.#copy(path);
    }
  }

  async #copyLink(path: string): Promise<void> {
    await Deno.symlink(await Deno.readLink(join(ROOT, path)), join(this.path, path));
  }

  async #write(file: string, text: string): Promise<void> {
    await Deno.writeTextFile(join(this.path, file), text);
  }

  async #silence(): Promise<void> {
    const packages = join(this.path, PACKAGES, ".deno");
    for await (const { name } of Deno.readDir(packages)) {
      if (!name.startsWith("debug@")) continue;
      const directory = `${PACKAGES}/.deno/${name}/node_modules/debug`;
      await Deno.remove(join(this.path, directory, "src"), { recursive: true });
      await Deno.mkdir(join(this.path, directory, "src"));
      await this.#write(`${directory}/src/index.js`, SILENT_DEBUG);
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await Deno.remove(this.path, { recursive: true });
  }
}

interface ModuleGraph {
  readonly modules: readonly { readonly specifier: string }[];
}

/** The project's own files that the program can load. */
async function usedSources(): Promise<string[]> {
  const { modules }: ModuleGraph = JSON.parse(await deno(["info", "--json", ENTRY]));
  return modules
    .filter(({ specifier }) => specifier.startsWith("file:"))
    .map(({ specifier }) => relative(ROOT, fileURLToPath(specifier)))
    .filter((path) => !path.startsWith("..") && !path.startsWith(PACKAGES));
}

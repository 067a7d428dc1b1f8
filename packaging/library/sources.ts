import { dirname, join } from "node:path";
import config from "../../deno.json" with { type: "json" };
import { deno, ROOT } from "../child.ts";
import { packagedPage } from "../pages.ts";

/** The entry points, by what a user adds to the name of the package: `./driver` is `driver.ts`. */
export const ENTRY_POINTS: Readonly<Record<string, string>> = config.exports;

/** Packages that sources of the library import, or find by name; versions as `deno.json` pins them. */
export const DEPENDENCIES: readonly (keyof typeof config.imports)[] = ["ioredis", "zeromq"];

/** What accompanies the sources. */
export const BESIDE: readonly string[] = [
  ...["LICENSE", "README.md", "CHANGELOG.md"],
  ...["docs/library.md", "docs/configuration.md"],
];

/** What a manifest of the library says: name, version, licence. */
export const IDENTITY = {
  name: config.name,
  version: config.version,
  license: config.license,
} as const;

/** Every file that an entry point reaches, relative to the project: sources, and `deno.json`. */
export async function librarySources(): Promise<string[]> {
  const root = new URL(`file://${ROOT}`).href;
  const paths = new Set<string>();
  for (const entry of Object.values(ENTRY_POINTS)) {
    const graph: ModuleGraph = JSON.parse(await deno(["info", "--json", entry]));
    for (const { specifier, error } of graph.modules) {
      if (error !== undefined) throw new Error(`${specifier}: ${error}`);
      if (specifier.startsWith(root)) paths.add(specifier.slice(root.length));
    }
  }
  return [...paths].filter((path) => !path.startsWith("node_modules/")).sort();
}

/** Writes the files that accompany the sources into a package. */
export async function writeBeside(directory: string): Promise<void> {
  for (const path of BESIDE) {
    await Deno.mkdir(dirname(join(directory, path)), { recursive: true });
    await Deno.writeTextFile(join(directory, path), await packagedPage(path, BESIDE));
  }
}

interface ModuleGraph {
  readonly modules: readonly { readonly specifier: string; readonly error?: string }[];
}

/** The version that `deno.json` pins: `6.0.0` of `npm:ioredis@6.0.0`. */
export function versionOf(name: (typeof DEPENDENCIES)[number]): string {
  return config.imports[name].split("@").at(-1) ?? "";
}

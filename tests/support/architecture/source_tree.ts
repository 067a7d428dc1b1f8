import { fileURLToPath } from "node:url";
import type { SourceFile } from "./architecture.ts";

const ROOT = new URL("../../../", import.meta.url);
const DIRECTORIES = ["drivers", "service", "library", "cli", "tests", "bench", "demo", "packaging"];

interface ModuleGraph {
  readonly modules: readonly {
    readonly specifier: string;
    readonly dependencies?: readonly {
      readonly code?: { readonly specifier?: string };
      readonly type?: { readonly specifier?: string };
    }[];
  }[];
}

/**
 * Every source file of the project with its imports. For files that an entry point reaches, Deno
 * resolves the imports. For other files, these are the project's own imports found in the text.
 */
export async function readSourceTree(entryPoints: readonly string[]): Promise<SourceFile[]> {
  const imports = new Map<string, string[]>();
  for (const entry of entryPoints) await readGraph(entry, imports);
  const paths = new Set([...imports.keys(), ...await sourcePaths()]);
  const files = [...paths].filter((path) => path.endsWith(".ts")).sort();
  return await Promise.all(files.map(async (path) => {
    const text = await Deno.readTextFile(new URL(path, ROOT));
    return { path, text, imports: imports.get(path) ?? namedImports(path, text) };
  }));
}

function namedImports(path: string, text: string): string[] {
  const named = text.matchAll(/^(?:import|export|\}) (?:.* )?from "(\.[^"]+)"/gm);
  return [...named].map(([, target = ""]) => relative(new URL(target, new URL(path, ROOT)).href));
}

async function readGraph(entry: string, imports: Map<string, string[]>): Promise<void> {
  const { modules } = await moduleGraph(entry);
  for (const { specifier, dependencies = [] } of modules) {
    if (!specifier.startsWith(ROOT.href)) continue;
    const targets = dependencies.flatMap(({ code, type }) => [code?.specifier, type?.specifier]);
    const known = targets.filter((target) => target !== undefined).map(relative);
    imports.set(relative(specifier), [...new Set(known)]);
  }
}

async function moduleGraph(entry: string): Promise<ModuleGraph> {
  const { success, stdout, stderr } = await new Deno.Command(Deno.execPath(), {
    args: ["info", "--json", entry],
    cwd: fileURLToPath(ROOT),
  }).output();
  if (!success) throw new Error(`deno info ${entry}: ${new TextDecoder().decode(stderr)}`);
  return JSON.parse(new TextDecoder().decode(stdout));
}

function relative(specifier: string): string {
  return specifier.startsWith(ROOT.href) ? specifier.slice(ROOT.href.length) : specifier;
}

async function sourcePaths(): Promise<string[]> {
  const found: string[] = [];
  for (const directory of DIRECTORIES) await walk(directory, found);
  return found;
}

async function walk(directory: string, found: string[]): Promise<void> {
  for await (const { name, isDirectory } of Deno.readDir(new URL(`${directory}/`, ROOT))) {
    if (isDirectory) await walk(`${directory}/${name}`, found);
    else found.push(`${directory}/${name}`);
  }
}

import { dirname, join } from "node:path";
import ts from "typescript";
import { deno, output, ROOT } from "../child.ts";
import {
  DEPENDENCIES,
  ENTRY_POINTS,
  IDENTITY,
  librarySources,
  versionOf,
  writeBeside,
} from "./sources.ts";

/** What Node loads in place of modules that need Deno, which it would refuse with a syntax error. */
const NEEDS_DENO = "./needs_deno.js";
const NEEDS_DENO_TEXT = `throw new Error(
  "${IDENTITY.name} needs Deno 2.4.2 or later: on Node, only ${IDENTITY.name}/wire can be imported",
);
`;

/** The directory in an npm package that holds all of it. */
const CONTENT = "package";

/**
 * Packs the library for npm: JavaScript with declarations, file by file, for Deno.
 *
 * @param work an empty directory
 * @param date of its files, in seconds since 1970: built again, the package is the same
 * @returns the path of the package, inside `work`
 */
export async function buildNpmPackage(
  work: string,
  { date }: { readonly date: number },
): Promise<string> {
  await writeContent(join(work, CONTENT));
  return await packNpmPackage(work, { date });
}

async function writeContent(directory: string): Promise<void> {
  await compileTo(directory, (await librarySources()).filter((path) => path.endsWith(".ts")));
  await writeBeside(directory);
  await Deno.writeTextFile(join(directory, NEEDS_DENO), NEEDS_DENO_TEXT);
  // What sources read of it; Deno takes no configuration from a package.
  await writeJson(join(directory, "deno.json"), IDENTITY);
  await writeJson(join(directory, "package.json"), manifest());
}

/**
 * Packs the content that {@linkcode buildNpmPackage} has left in `work`, or a copy of it.
 *
 * @returns the path of the package, inside `work`
 */
export async function packNpmPackage(
  work: string,
  { date }: { readonly date: number },
): Promise<string> {
  const path = join(work, `${IDENTITY.name.slice(1).replace("/", "-")}-${IDENTITY.version}.tgz`);
  const same = ["--sort=name", `--mtime=@${date}`, "--owner=0", "--group=0", "--numeric-owner"];
  const gzip = "--use-compress-program=gzip -n";
  await output("tar", ["-C", work, ...same, "--mode=u=rwX,go=rX", gzip, "-cf", path, CONTENT]);
  return path;
}

async function writeJson(path: string, value: unknown): Promise<void> {
  await Deno.writeTextFile(path, `${JSON.stringify(value, undefined, 2)}\n`);
}

function manifest(): Record<string, unknown> {
  const entries = Object.entries(ENTRY_POINTS).map(([name, path]) => {
    const stem = path.replace(/\.ts$/, "");
    const script = `${stem}.js`;
    const onNode = name === "./wire" ? {} : { deno: script, node: NEEDS_DENO };
    return [name, { types: `${stem}.d.ts`, ...onNode, default: script }];
  });
  return {
    ...IDENTITY,
    description: "Publish/subscribe layer of an SDN control plane, compatible with Dragonflow's",
    type: "module",
    exports: Object.fromEntries(entries),
    engines: { deno: ">=2.4.2" },
    dependencies: Object.fromEntries(DEPENDENCIES.map((name) => [name, versionOf(name)])),
  };
}

/** Compiles sources of the project. `deno check` has checked their types. */
async function compileTo(directory: string, sources: readonly string[]): Promise<void> {
  const options: ts.CompilerOptions = {
    target: ts.ScriptTarget.ESNext,
    module: ts.ModuleKind.ESNext,
    moduleResolution: ts.ModuleResolutionKind.Bundler,
    lib: ["lib.esnext.d.ts"],
    types: [],
    strict: true,
    exactOptionalPropertyTypes: true,
    verbatimModuleSyntax: true,
    resolveJsonModule: true,
    rewriteRelativeImportExtensions: true,
    declaration: true,
    noCheck: true,
    rootDir: ROOT,
    outDir: directory,
  };
  const types = await Deno.makeTempFile({ suffix: ".d.ts" });
  try {
    await Deno.writeTextFile(types, await deno(["types"]));
    const program = ts.createProgram([types, ...sources.map((path) => join(ROOT, path))], options);
    const { diagnostics, emitSkipped } = program.emit(undefined, (path, text) => {
      Deno.mkdirSync(dirname(path), { recursive: true });
      Deno.writeTextFileSync(path, path.endsWith(".d.ts") ? withScripts(text) : text);
    });
    if (emitSkipped || diagnostics.length > 0) throw new Error(textOf(diagnostics));
  } finally {
    await Deno.remove(types);
  }
}

/** Declarations name the files beside them, as the scripts do: the compiler leaves `.ts` there. */
function withScripts(declarations: string): string {
  return declarations.replace(/((?:from|import\()\s*"\.{1,2}\/[^"]*)\.ts"/g, '$1.js"');
}

function textOf(diagnostics: readonly ts.Diagnostic[]): string {
  return ts.formatDiagnostics(diagnostics, {
    getCurrentDirectory: () => ROOT,
    getCanonicalFileName: (name) => name,
    getNewLine: () => "\n",
  });
}

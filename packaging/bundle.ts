import { build, type BuildOptions, type Metafile, stop } from "esbuild";
import { join } from "node:path";
import { ROOT } from "./child.ts";
import { copyLicences, packagesOf } from "./licences.ts";
import { commitAs, requiredBuiltIns, standIns } from "./replacements.ts";
import { libraryPath, type Target } from "./targets.ts";

/** The entry file of a bundle. */
export const ENTRY = "main.js";

/** Files beside it that are read, not imported: libzmq and licences. */
export const BESIDE: readonly string[] = ["addon.node", "licences"];
const [LIBRARY = "", LICENCES = ""] = BESIDE;

const LINE_LIMIT = 120;

/** Options of {@linkcode bundle}. */
export interface BundleOptions {
  readonly directory: string;
  readonly target: Target;
  /** The commit that `--version` prints. */
  readonly commit: string | undefined;
}

/**
 * Bundles the program with all used parts of packages into a few JavaScript files, with libzmq
 * beside them. Modules that the sources import on demand stay separate.
 *
 * @returns the inputs of each output, by paths relative to the project
 */
export async function bundle({ directory, target, commit }: BundleOptions): Promise<Metafile> {
  const metafile = await buildOnce({
    absWorkingDir: ROOT,
    entryPoints: ["main.ts"],
    outdir: directory,
    bundle: true,
    splitting: true,
    format: "esm",
    platform: "node",
    target: "es2024",
    // Prefers ECMAScript modules to other forms in packages.
    mainFields: ["module", "main"],
    // Without comments and blanks, but with names and lines, so that errors show where they occur.
    minifyWhitespace: true,
    minifySyntax: true,
    lineLimit: LINE_LIMIT,
    plugins: [standIns, requiredBuiltIns, commitAs(commit)],
    logLevel: "error",
  });
  const library = join(ROOT, "node_modules/zeromq", libraryPath(target));
  await Deno.copyFile(library, join(directory, LIBRARY));
  await copyLicences(packagesOf(Object.keys(metafile.inputs)), join(directory, LICENCES));
  return metafile;
}

/** Ends the process of esbuild, which would otherwise run until this process ends. */
async function buildOnce(options: BuildOptions): Promise<Metafile> {
  try {
    return (await build({ ...options, metafile: true })).metafile;
  } finally {
    await stop();
  }
}

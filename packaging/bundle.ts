import { build, type BuildOptions, type Metafile, stop } from "esbuild";
import { join } from "node:path";
import { ROOT } from "./child.ts";
import { copyLicences, packagesOf } from "./licences.ts";
import { commitAs, requiredBuiltIns, standIns } from "./replacements.ts";
import { libraryPath, type Target } from "./targets.ts";

/** The file that a bundle begins with. */
export const ENTRY = "main.js";

/** What lies beside it and is read, not imported: libzmq, and the licences of what is inside. */
export const BESIDE: readonly string[] = ["addon.node", "licences"];
const [LIBRARY = "", LICENCES = ""] = BESIDE;

const LINE_LIMIT = 120;

/** What is bundled, and where to. */
export interface BundleOptions {
  readonly directory: string;
  readonly target: Target;
  /** Told by `--version`. */
  readonly commit: string | undefined;
}

/**
 * Makes the program, with all it uses of packages, into a few files of JavaScript, with libzmq
 * beside them. What the sources import only when they need it stays unread until then.
 *
 * @returns what went where, by paths relative to the project
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
    // Modules before what packages have for those who cannot import any.
    mainFields: ["module", "main"],
    // No comments and no blanks, but names and lines: an error still says where it comes from.
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

/** esbuild is a process, which would otherwise be there until this one ends. */
async function buildOnce(options: BuildOptions): Promise<Metafile> {
  try {
    return (await build({ ...options, metafile: true })).metafile;
  } finally {
    await stop();
  }
}

import { join } from "node:path";
import { ROOT } from "./child.ts";

const LIBRARY_PACKAGE = "node_modules/zeromq";
// Some packages have their licence only in the manifest.
const LICENCE = /^(package\.json|(licen[cs]e|copying|notice)([._-].*)?)$/i;

/** The directories of the packages of these files, each once, including libzmq's. */
export function packagesOf(files: readonly string[]): string[] {
  const found = files.flatMap((file) => /^.*\/node_modules\/(?:@[^/]+\/)?[^/]+/.exec(file) ?? []);
  return [...new Set([...found, LIBRARY_PACKAGE])];
}

/** Copies the licences of packages into a directory, below the name of each package. */
export async function copyLicences(packages: readonly string[], to: string): Promise<void> {
  for (const path of packages) {
    const target = join(to, path.slice(path.lastIndexOf("node_modules/") + "node_modules/".length));
    await Deno.mkdir(target, { recursive: true });
    for await (const { name, isFile } of Deno.readDir(join(ROOT, path))) {
      if (!isFile || !LICENCE.test(name)) continue;
      await Deno.copyFile(join(ROOT, path, name), join(target, name));
    }
  }
}

import type { Target } from "./targets.ts";

// Of this package only the prebuilt library is used, and of what it depends on nothing.
const LIBRARY_PACKAGE = "zeromq";
const UNUSED_PACKAGES = ["cmake-ts", "node-addon-api"];

const ALWAYS = /^(package\.json|\.initialized|licen[cs]e([._-].*)?)$/i;
const CODE = /\.(js|cjs|mjs|json)$/;
const OTHER_BUILDS = /(^|\/)(dist\.umd|umd)\//;

/**
 * Whether a file of node_modules goes into the executable: code that is loaded, licences, and of
 * all the prebuilt libraries the one of that platform.
 *
 * @param path relative to `node_modules/.deno`
 */
export function isKept(path: string, target: Target): boolean {
  const inside = /^[^/]+\/node_modules\/((?:@[^/]+\/)?[^/]+)\/(.+)$/.exec(path);
  // What is in no package is Deno's own note of what is installed.
  if (inside === null) return true;
  const [, name = "", file = ""] = inside;
  if (ALWAYS.test(file)) return true;
  if (name === LIBRARY_PACKAGE) return file === libraryPath(target);
  if (UNUSED_PACKAGES.includes(name)) return false;
  return CODE.test(file) && !OTHER_BUILDS.test(file);
}

/** Where the prebuilt library of a platform lies in its package. */
export function libraryPath({ npm }: Target): string {
  return `build/linux/${npm}/node/glibc-127-Release/addon.node`;
}

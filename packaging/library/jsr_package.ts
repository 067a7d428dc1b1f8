import { dirname, join } from "node:path";
import config from "../../deno.json" with { type: "json" };
import { deno, ROOT } from "../child.ts";
import { DEPENDENCIES, ENTRY_POINTS, IDENTITY, librarySources, writeBeside } from "./sources.ts";

/** Writes the library as JSR takes it, and as `links` of another project name it: its sources. */
export async function buildJsrPackage(directory: string): Promise<void> {
  const sources = (await librarySources()).filter((path) => path !== "deno.json");
  for (const path of sources) {
    await Deno.mkdir(dirname(join(directory, path)), { recursive: true });
    await Deno.copyFile(join(ROOT, path), join(directory, path));
  }
  await writeBeside(directory);
  const imports = Object.fromEntries(DEPENDENCIES.map((name) => [name, config.imports[name]]));
  const manifest = { ...IDENTITY, exports: ENTRY_POINTS, imports };
  const text = `${JSON.stringify(manifest, undefined, 2)}\n`;
  await Deno.writeTextFile(join(directory, "deno.json"), text);
}

/**
 * Checks it by Deno's own rules, without publishing anything: types with default compiler options, and
 * that every export says its type. Needs the packages that the library imports in Deno's cache, or the
 * registry.
 *
 * @param types whether to check types: false where `deno check` of its entry points has done so
 * @throws {ChildError} with what is wrong
 */
export async function checkJsrPackage(directory: string, { types = true } = {}): Promise<void> {
  const check = types ? [] : ["--no-check"];
  await deno(["publish", "--dry-run", "--allow-dirty", "--quiet", ...check], { cwd: directory });
}

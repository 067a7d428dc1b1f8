import { join } from "node:path";
import { buildJsrPackage, checkJsrPackage } from "./jsr_package.ts";
import { buildNpmPackage } from "./npm_package.ts";
import { IDENTITY } from "./sources.ts";

/** The library as packages. */
export interface LibraryPackages {
  /** A file for npm. */
  readonly npm: string;
  /** A directory for JSR. */
  readonly jsr: string;
}

/** Builds both packages below an empty directory, and checks the one for JSR by Deno's own rules. */
export async function buildLibraryPackages(
  work: string,
  { date }: { readonly date: number },
): Promise<LibraryPackages> {
  const jsr = join(work, `df-pubsub-${IDENTITY.version}-jsr`);
  await buildJsrPackage(jsr);
  await checkJsrPackage(jsr);
  return { npm: await buildNpmPackage(work, { date }), jsr };
}

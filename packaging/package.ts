// Packages the executable: `deno task package [--target TRIPLE] [--binary FILE] [--revision N]
// [--output DIRECTORY]`. The same commit and executable result in the same packages.
import { createHash } from "node:crypto";
import { basename, join, resolve } from "node:path";
import { parseArgs } from "node:util";
import { VERSION } from "../cli/flags/version.ts";
import { output as run } from "./child.ts";
import { sourceDate } from "./commit.ts";
import { compile } from "./compile.ts";
import { buildDeb } from "./deb.ts";
import { type PackagedFile, payload, writePackage } from "./payload.ts";
import { type Target, targetOf } from "./targets.ts";

const OPTIONS = {
  target: { type: "string" },
  binary: { type: "string" },
  revision: { type: "string", default: "2" },
  output: { type: "string", default: "dist" },
  only: { type: "string" },
} as const;

interface Build {
  /** An empty directory. */
  readonly work: string;
  /** Of the last change, in seconds since 1970. */
  readonly date: number;
  /** Where the packages go. */
  readonly output: string;
}

async function main(args: string[]): Promise<void> {
  const { values } = parseArgs({ args, options: OPTIONS });
  const { only } = values;
  if (only !== undefined && only !== "executable" && only !== "library") {
    throw new TypeError(`--only "${only}": wanted executable or library`);
  }
  // The umask of the account that builds would change the modes of the package's directories.
  Deno.umask(0o022);
  const work = await Deno.makeTempDir({ prefix: "df-pubsub-package-" });
  try {
    const build = { work, date: await sourceDate(), output: resolve(values.output) };
    if (only !== "library") await packExecutable(build, values);
    if (only !== "executable") await packLibrary(build);
  } finally {
    await Deno.remove(work, { recursive: true });
  }
}

async function packExecutable(
  { work, date, output }: Build,
  values: { readonly target?: string; readonly binary?: string; readonly revision: string },
): Promise<void> {
  const target = targetOf(values.target);
  const program = values.binary ?? await compiled(join(work, "df-pubsub"), target);
  const files = [
    { path: "usr/bin/df-pubsub", content: await Deno.readFile(program), mode: 0o755 },
    ...await payload(new Date(date * 1000)),
  ];
  const version = `${VERSION}-${values.revision}`;
  const deb = await buildDeb(work, files, { version, architecture: target.debian, date });
  const archive = await buildArchive(work, files, { target, date });
  for (const path of [deb, archive]) await publish(path, output);
}

async function packLibrary({ work, date, output }: Build): Promise<void> {
  // Loaded only here: the compiler is a large module.
  const { buildLibraryPackages } = await import("./library/packages.ts");
  const { npm, jsr } = await buildLibraryPackages(work, { date });
  await publish(npm, output);
  const copy = join(output, basename(jsr));
  await Deno.remove(copy, { recursive: true }).catch(ignoreAbsent);
  await run("cp", ["-r", jsr, copy]);
  console.log(copy);
}

function ignoreAbsent(error: unknown): void {
  if (!(error instanceof Deno.errors.NotFound)) throw error;
}

async function compiled(path: string, target: Target): Promise<string> {
  await compile({ target, output: path });
  return path;
}

/** The same files as a tar archive, for systems with other package formats. */
async function buildArchive(
  work: string,
  files: readonly PackagedFile[],
  { target, date }: { readonly target: Target; readonly date: number },
): Promise<string> {
  const name = `df-pubsub-${VERSION}-linux-${target.debian}`;
  await writePackage(join(work, name), files);
  const path = join(work, `${name}.tar.gz`);
  const same = ["--sort=name", `--mtime=@${date}`, "--owner=0", "--group=0", "--numeric-owner"];
  await run("tar", ["-C", work, ...same, "--use-compress-program=gzip -n", "-cf", path, name]);
  return path;
}

/** Writes a package and its checksum, in the format of `sha256sum --check`, to a directory. */
async function publish(path: string, directory: string): Promise<void> {
  const bytes = await Deno.readFile(path);
  const name = basename(path);
  const digest = createHash("sha256").update(bytes).digest("hex");
  await Deno.mkdir(directory, { recursive: true });
  await Deno.writeFile(join(directory, name), bytes);
  await Deno.writeTextFile(join(directory, `${name}.sha256`), `${digest}  ${name}\n`);
  console.log(`${join(directory, name)}: ${(bytes.length / 1e6).toFixed(1)} MB`);
}

try {
  await main(Deno.args);
} catch (error) {
  console.error(error instanceof Error ? error.message : error);
  Deno.exit(1);
}

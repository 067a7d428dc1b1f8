// Packs the executable: `deno task package [--target TRIPLE] [--binary FILE] [--revision N]
// [--output DIRECTORY]`. Built again from the same commit and executable, the packages are the same.
import { createHash } from "node:crypto";
import { basename, join, resolve } from "node:path";
import { parseArgs } from "node:util";
import { VERSION } from "../cli/flags/version.ts";
import { output } from "./child.ts";
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
} as const;

async function main(args: string[]): Promise<void> {
  const { values } = parseArgs({ args, options: OPTIONS });
  const target = targetOf(values.target);
  // The umask of the account that builds would change the modes of the package's directories.
  Deno.umask(0o022);
  const date = await sourceDate();
  const work = await Deno.makeTempDir({ prefix: "df-pubsub-package-" });
  try {
    const program = values.binary ?? await compiled(join(work, "df-pubsub"), target);
    const files = [
      { path: "usr/bin/df-pubsub", content: await Deno.readFile(program), mode: 0o755 },
      ...await payload(new Date(date * 1000)),
    ];
    const version = `${VERSION}-${values.revision}`;
    const deb = await buildDeb(work, files, { version, architecture: target.debian, date });
    const archive = await buildArchive(work, files, { target, date });
    for (const path of [deb, archive]) await publish(path, resolve(values.output));
  } finally {
    await Deno.remove(work, { recursive: true });
  }
}

async function compiled(path: string, target: Target): Promise<string> {
  await compile({ target, output: path });
  return path;
}

/** The same files as they would be installed, for systems with other packages. */
async function buildArchive(
  work: string,
  files: readonly PackagedFile[],
  { target, date }: { readonly target: Target; readonly date: number },
): Promise<string> {
  const name = `df-pubsub-${VERSION}-linux-${target.debian}`;
  await writePackage(join(work, name), files);
  const path = join(work, `${name}.tar.gz`);
  const same = ["--sort=name", `--mtime=@${date}`, "--owner=0", "--group=0", "--numeric-owner"];
  await output("tar", ["-C", work, ...same, "--use-compress-program=gzip -n", "-cf", path, name]);
  return path;
}

/** Puts a package and its checksum, as `sha256sum --check` reads it, into a directory. */
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

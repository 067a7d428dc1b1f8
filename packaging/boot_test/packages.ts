import { join } from "node:path";
import { denoOf, versionOfBase } from "../base_binary.ts";
import { ChildError, output } from "../child.ts";

/** The last commit whose package installed the whole sample as its configuration. */
const PREVIOUS = "61446197fc57d8655ca8e9a8f38710374739e19e";

/** Builds the package of these sources, with the Deno version of the base binary. */
export async function buildPackage(work: string): Promise<string> {
  const [program, ...args] = denoOf(await versionOfBase());
  console.log("== build the package");
  const to = join(work, "built");
  await output(program, [
    ...args,
    "run",
    "-A",
    "packaging/package.ts",
    "--only",
    "executable",
    "--output",
    to,
  ]);
  for await (const { name } of Deno.readDir(to)) {
    if (name.endsWith(".deb")) return join(to, name);
  }
  throw new Error(`no package was built in ${to}`);
}

/** @throws {Error} with the findings of lintian */
export async function lint(deb: string): Promise<void> {
  console.log("== lintian");
  const flags = ["--allow-root", "--display-info", "--pedantic", "--tag-display-limit", "0"];
  const args = [...flags, "--fail-on", "error,warning,info,pedantic", deb];
  const { success, stdout } = await new Deno.Command("lintian", { args }).output();
  const tags = new TextDecoder().decode(stdout).trim();
  if (!success) throw new Error(`lintian finds faults in ${deb}\n${tags}`);
  console.log(tags === "" ? "no tag, overridden ones aside" : tags);
}

/**
 * Creates the packages of the test in a directory: `new.deb`; `newer.deb` with a higher version;
 * `conflicting.deb` with a file of another package; and `previous.deb`.
 */
export async function makePackages(deb: string, directory: string, work: string): Promise<void> {
  await Deno.mkdir(directory, { recursive: true });
  await Deno.copyFile(deb, join(directory, "new.deb"));
  const tree = join(work, "tree");
  await output("dpkg-deb", ["--raw-extract", deb, tree]);
  await makePrevious(join(tree, "usr/bin/df-pubsub"), join(directory, "previous.deb"), work);
  const control = await Deno.readTextFile(join(tree, "DEBIAN/control"));
  const renamed = control.replace(/^Version: .*/m, "$&+again");
  await Deno.writeTextFile(join(tree, "DEBIAN/control"), renamed);
  await pack(tree, join(directory, "newer.deb"));
  await Deno.writeTextFile(join(tree, "usr/bin/env"), "of another package");
  await pack(tree, join(directory, "conflicting.deb"));
  await Deno.remove(tree, { recursive: true });
}

async function pack(tree: string, deb: string): Promise<void> {
  await output("dpkg-deb", ["--root-owner-group", "-Znone", "--build", tree, deb]);
}

/**
 * Creates the package from the former sources, with the current executable, so that nothing is
 * compiled.
 */
async function makePrevious(program: string, deb: string, work: string): Promise<void> {
  const sources = join(work, "previous");
  await Deno.mkdir(sources, { recursive: true });
  try {
    await output("git", ["archive", "--output", join(work, "previous.tar"), PREVIOUS]);
  } catch (error) {
    if (!(error instanceof ChildError)) throw error;
    const message = `the history has no commit ${PREVIOUS}: git fetch --unshallow`;
    throw new Error(message, { cause: error });
  }
  await output("tar", ["--extract", "--file", join(work, "previous.tar"), "--directory", sources]);
  await output(Deno.execPath(), ["install", "--frozen"], { cwd: sources });
  const build = ["run", "-A", "packaging/package.ts", "--binary", program, "--output", "made"];
  await output(Deno.execPath(), build, { cwd: sources });
  for await (const { name } of Deno.readDir(join(sources, "made"))) {
    if (name.endsWith(".deb")) await Deno.rename(join(sources, "made", name), deb);
  }
  await Deno.remove(sources, { recursive: true });
}

import { createHash } from "node:crypto";
import { join } from "node:path";
import { output, ROOT } from "./child.ts";
import { CONFIGURATION, type PackagedFile, writePayload } from "./payload.ts";

/** What a Debian package is called and made for. */
export interface DebOptions {
  /** As Debian writes it: `0.1.0-1`. */
  readonly version: string;
  /** As Debian names it: `amd64`. */
  readonly architecture: string;
  /** Seconds since 1970, for every time inside. */
  readonly date: number;
}

const SCRIPTS = ["postinst", "prerm", "postrm"];

// The oldest that Deno's base binary and the prebuilt libzmq run on.
const DEPENDS = "libc6 (>= 2.28), libgcc-s1 (>= 4.2), libstdc++6 (>= 5.2), libc-bin, passwd";

/**
 * Builds a package of these files in a directory of its own.
 *
 * @returns its path, below `directory`
 */
export async function buildDeb(
  directory: string,
  files: readonly PackagedFile[],
  options: DebOptions,
): Promise<string> {
  const root = join(directory, "deb");
  await writePayload(root, files);
  await writePayload(join(root, "DEBIAN"), await controlFiles(files, options));
  const name = `df-pubsub_${options.version}_${options.architecture}.deb`;
  const path = join(directory, name);
  const env = { SOURCE_DATE_EPOCH: String(options.date) };
  await output("dpkg-deb", ["--root-owner-group", "-Zxz", "-z3", "--build", root, path], { env });
  return path;
}

async function controlFiles(
  files: readonly PackagedFile[],
  options: DebOptions,
): Promise<PackagedFile[]> {
  const scripts = SCRIPTS.map(async (name) => ({
    path: name,
    content: await Deno.readFile(join(ROOT, "packaging/files", name)),
    mode: 0o755,
  }));
  return [
    { path: "control", content: control(files, options) },
    { path: "conffiles", content: `/${CONFIGURATION}\n` },
    { path: "md5sums", content: md5sums(files) },
    ...await Promise.all(scripts),
  ];
}

function control(files: readonly PackagedFile[], { version, architecture }: DebOptions): string {
  const kibibytes = Math.ceil(files.reduce((sum, { content }) => sum + content.length, 0) / 1024);
  return `Package: df-pubsub
Version: ${version}
Architecture: ${architecture}
Maintainer: The df-pubsub developers <df-pubsub@localhost>
Installed-Size: ${kibibytes}
Depends: ${DEPENDS}
Section: net
Priority: optional
Description: publish/subscribe for an SDN control plane
 Tells every compute node within a millisecond or two that a row of the
 northbound database has changed. Speaks the wire formats of OpenStack
 Dragonflow's publish/subscribe layer and reads its dragonflow.ini.
`;
}

// The administrator's file is in the list of such files, and not in this one.
function md5sums(files: readonly PackagedFile[]): string {
  return files
    .filter(({ path }) => path !== CONFIGURATION)
    .map(({ path, content }) => `${createHash("md5").update(content).digest("hex")}  ${path}\n`)
    .join("");
}

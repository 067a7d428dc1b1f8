import { createHash } from "node:crypto";
import { join } from "node:path";
import { output, ROOT } from "./child.ts";
import {
  compressed,
  CONFIGURATION,
  type PackagedFile,
  writePackage,
  writePayload,
} from "./payload.ts";

/** Name and target of a Debian package. */
export interface DebOptions {
  /** In Debian's form: `0.1.0-1`. */
  readonly version: string;
  /** Debian's name: `amd64`. */
  readonly architecture: string;
  /** Seconds since 1970, for all times in the package. */
  readonly date: number;
}

const SCRIPTS = ["preinst", "postinst", "prerm", "postrm"];

const MAINTAINER = "The df-pubsub developers <df-pubsub@df-pubsub.invalid>";

// The oldest versions on which Deno's base binary and the prebuilt libzmq run.
const DEPENDS = "libc6 (>= 2.28), libgcc-s1 (>= 4.2), libstdc++6 (>= 5.2), passwd";

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
  const all = [...files, debianChangelog(options)];
  await writePackage(root, all);
  await writePayload(join(root, "DEBIAN"), await controlFiles(all, options));
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
  const configuration = files.find(({ path }) => path === CONFIGURATION)?.content;
  const scripts = SCRIPTS.map(async (name) => ({
    path: name,
    content: filled(await Deno.readTextFile(join(ROOT, "packaging/files", name)), configuration),
    mode: 0o755,
  }));
  return [
    { path: "control", content: control(files, options) },
    { path: "conffiles", content: `/${CONFIGURATION}\n` },
    { path: "md5sums", content: md5sums(files) },
    ...await Promise.all(scripts),
  ];
}

// preinst needs the file before the package is unpacked.
function filled(script: string, configuration: PackagedFile["content"] = ""): string {
  const text = typeof configuration === "string"
    ? configuration
    : new TextDecoder().decode(configuration);
  return script.replace("@CONFIGURATION@\n", () => text);
}

/** The packaging's own changelog, which Debian requires besides that of the program. */
function debianChangelog({ version, date }: DebOptions): PackagedFile {
  const day = new Date(date * 1000).toUTCString().replace("GMT", "+0000");
  const text = `df-pubsub (${version}) unstable; urgency=medium

  * changelog.gz says what is new.

 -- ${MAINTAINER}  ${day}
`;
  return { path: "usr/share/doc/df-pubsub/changelog.Debian.gz", content: compressed(text) };
}

function control(files: readonly PackagedFile[], { version, architecture }: DebOptions): string {
  const kibibytes = Math.ceil(files.reduce((sum, { content }) => sum + content.length, 0) / 1024);
  return `Package: df-pubsub
Version: ${version}
Architecture: ${architecture}
Maintainer: ${MAINTAINER}
Installed-Size: ${kibibytes}
Depends: ${DEPENDS}
Recommends: libssl3 | libssl3t64
Section: net
Priority: optional
Description: publish/subscribe for an SDN control plane
 Tells every compute node within a millisecond or two that a row of the
 northbound database has changed. Speaks the wire formats of OpenStack
 Dragonflow's publish/subscribe layer and reads its dragonflow.ini.
`;
}

// The administrator's file is in the list of conffiles instead of this one.
function md5sums(files: readonly PackagedFile[]): string {
  return files
    .filter(({ path }) => path !== CONFIGURATION)
    .map(({ path, content }) => `${createHash("md5").update(content).digest("hex")}  ${path}\n`)
    .join("");
}

import { join } from "node:path";
import { gzipSync } from "node:zlib";
import { driverComment, optionTable } from "../cli/composition.ts";
import { sampleConfig } from "../service/config/sample_config.ts";
import { deno, ROOT } from "./child.ts";
import { configurationManPage } from "./configuration_man_page.ts";
import { manPage } from "./man_page.ts";
import { documentation, packagedPage } from "./pages.ts";

/** A file of a package. */
export interface PackagedFile {
  /** Relative to the root directory. */
  readonly path: string;
  readonly content: string | Uint8Array<ArrayBuffer>;
  /** @default 0o644 */
  readonly mode?: number;
}

// Like those of the packaged service: system directories.
const FACTS = { isRoot: true, home: "/root", runtimeDirectory: "/run" };

const COMPLETIONS = [
  ["bash", "usr/share/bash-completion/completions/df-pubsub"],
  ["zsh", "usr/share/zsh/vendor-completions/_df-pubsub"],
  ["fish", "usr/share/fish/vendor_completions.d/df-pubsub.fish"],
] as const;

/** The only file that the administrator may edit. */
export const CONFIGURATION = "etc/df-pubsub/df-pubsub.ini";

/** The empty directory for additional files of the administrator. */
const ADDITIONS = "etc/df-pubsub/conf.d";

const DOCUMENTATION = "usr/share/doc/df-pubsub";

const SAMPLE = `${DOCUMENTATION}/examples/df-pubsub.ini`;

const UNCHANGED = [
  ["packaging/files/df-pubsub.service", "usr/lib/systemd/system/df-pubsub.service"],
  ["packaging/files/tmpfiles.conf", "usr/lib/tmpfiles.d/df-pubsub.conf"],
  ["packaging/files/sysusers.conf", "usr/lib/sysusers.d/df-pubsub.conf"],
  ["packaging/files/df-pubsub.ini", CONFIGURATION],
  // The path in 0.1.0-1, for drop-ins that name it.
  ["packaging/files/df-pubsub.ini", "usr/share/df-pubsub/service.ini"],
  ["packaging/monitoring/alerts.yml", "usr/share/df-pubsub/monitoring/alerts.yml"],
  ["packaging/monitoring/dashboard.json", "usr/share/df-pubsub/monitoring/dashboard.json"],
  ["packaging/files/lintian-overrides", "usr/share/lintian/overrides/df-pubsub"],
  ["packaging/files/copyright", `${DOCUMENTATION}/copyright`],
] as const;

/** Every file of a package except the program. */
export async function payload(date: Date): Promise<PackagedFile[]> {
  const files: PackagedFile[] = [
    { path: SAMPLE, content: sample() },
    { path: "usr/share/man/man1/df-pubsub.1.gz", content: compressed(manPage(date)) },
    {
      path: "usr/share/man/man5/df-pubsub.ini.5.gz",
      content: compressed(configurationManPage(date)),
    },
    {
      path: `${DOCUMENTATION}/changelog.gz`,
      content: compressed(await Deno.readTextFile(join(ROOT, "CHANGELOG.md"))),
    },
  ];
  for (const [shell, path] of COMPLETIONS) {
    files.push({ path, content: await deno(["run", "-A", "main.ts", "completion", shell]) });
  }
  for (const [source, path] of UNCHANGED) {
    files.push({ path, content: await Deno.readFile(join(ROOT, source)) });
  }
  const pages = await documentation();
  for (const page of pages) {
    files.push({ path: `${DOCUMENTATION}/${page}`, content: await packagedPage(page, pages) });
  }
  return files;
}

/** A file that explains every option, with all of them commented out. */
function sample(): string {
  return `# The configuration of df-pubsub. Secrets belong into files of their own, which options
# ending in _file name: everyone may read this one.
#
${driverComment()}\n\n${sampleConfig(optionTable, FACTS)}`;
}

/** Compresses with gzip, without name and time, so that the same text results in the same bytes. */
export function compressed(text: string): Uint8Array<ArrayBuffer> {
  return new Uint8Array(gzipSync(text, { level: 9 }));
}

/** Writes the files and directories of a package below a directory. */
export async function writePackage(root: string, files: readonly PackagedFile[]): Promise<void> {
  await writePayload(root, files);
  await Deno.mkdir(join(root, ADDITIONS), { recursive: true, mode: 0o755 });
}

/** Writes the files below a directory. */
export async function writePayload(root: string, files: readonly PackagedFile[]): Promise<void> {
  for (const { path, content, mode = 0o644 } of files) {
    const target = join(root, path);
    await Deno.mkdir(join(target, ".."), { recursive: true, mode: 0o755 });
    const bytes = typeof content === "string" ? new TextEncoder().encode(content) : content;
    await Deno.writeFile(target, bytes);
    await Deno.chmod(target, mode);
  }
}

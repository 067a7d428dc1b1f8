import type { HostFacts } from "../../drivers/contract/option.ts";
import { messageOf } from "../../drivers/contract/errors.ts";
import { textOf } from "./file_text.ts";
import { parseIni } from "./ini.ts";
import type { Layer } from "./layer.ts";

/** What reading a configuration needs of the machine; injected. Both reject with any error. */
export interface ConfigIo {
  /** The content of a file. */
  readFile(path: string): Promise<Uint8Array>;
  /** The names, without the path, of what a directory holds. */
  listDirectory(path: string): Promise<readonly string[]>;
}

/** Which files to read, in this order: the files, then what the directories hold. */
export interface FileSources {
  /** In command-line order; `~` is the home directory. */
  readonly files?: readonly string[] | undefined;
  /** Of each, `*.conf` sorted by code unit, hidden files left out. */
  readonly directories?: readonly string[] | undefined;
  /** What named the files, for messages: `DF_PUBSUB_CONFIG`. */
  readonly namedBy?: string | undefined;
  /** For the home directory. */
  readonly facts: HostFacts;
  /** Does the reading. */
  readonly io: ConfigIo;
}

/** What the files say, and what was wrong with them. */
export interface FileLayers {
  /** The files, those of directories included, in the order in which they count. */
  readonly files: readonly string[];
  /** One for each file that could be read, later ones win. */
  readonly layers: readonly Layer[];
  /** Unreadable files, directories and lines, each with its place. */
  readonly problems: readonly string[];
}

/** Reads every configuration file, a layer each. Never rejects: what fails is a problem. */
export async function readFileLayers(sources: FileSources): Promise<FileLayers> {
  const problems: string[] = [];
  const layers: Layer[] = [];
  const paths = [...sources.files ?? []];
  for (const directory of sources.directories ?? []) {
    paths.push(...await confFiles(directory, { sources, problems }));
  }
  for (const path of paths) layers.push(await readLayer(path, { sources, problems }));
  return { files: paths, layers, problems };
}

interface Reading {
  readonly sources: FileSources;
  readonly problems: string[];
}

async function confFiles(directory: string, { sources, problems }: Reading): Promise<string[]> {
  try {
    const names = await sources.io.listDirectory(expandHome(directory, sources.facts));
    return names.filter((name) => /^[^.].*\.conf$/s.test(name)).sort()
      .map((name) => `${directory.replace(/\/+$/, "")}/${name}`);
  } catch (cause) {
    problems.push(`Configuration directory "${directory}" cannot be read: ${reasonOf(cause)}`);
    return [];
  }
}

async function readLayer(path: string, { sources, problems }: Reading): Promise<Layer> {
  try {
    const file = textOf(await sources.io.readFile(expandHome(path, sources.facts)));
    if ("problem" in file) {
      problems.push(`${path}:${file.problem.line}: ${file.problem.message}`);
      return [];
    }
    const { assignments, problems: found } = parseIni(file.text);
    problems.push(...found.map(({ line, message }) => `${path}:${line}: ${message}`));
    return assignments.map(({ group, name, value, line }) => ({
      written: { group, name },
      text: value,
      origin: `${path}:${line}`,
    }));
  } catch (cause) {
    const named = sources.namedBy === undefined ? "" : ` (named by ${sources.namedBy})`;
    problems.push(`Configuration file "${path}"${named} cannot be read: ${reasonOf(cause)}`);
    return [];
  }
}

/** By the names that errors of the file system have. */
const REASONS: Readonly<Record<string, string>> = {
  NotFound: "no such file or directory",
  PermissionDenied: "permission denied",
  IsADirectory: "is a directory, wanted a file",
  NotADirectory: "is not a directory",
};

function reasonOf(cause: unknown): string {
  const known = cause instanceof Error ? REASONS[cause.name] : undefined;
  return known ?? messageOf(cause);
}

function expandHome(path: string, facts: HostFacts): string {
  return path.replace(/^~(?=\/|$)/, () => facts.home);
}

import type { HostFacts } from "../../drivers/contract/option.ts";
import { messageOf } from "../../drivers/contract/errors.ts";
import { expandHome } from "./expand_home.ts";
import { parseIni } from "./ini.ts";
import type { Layer } from "./layer.ts";
import { utf8FaultAt } from "../../drivers/contract/utf8.ts";

/** The file access that reading a configuration needs. Both functions reject with any error. */
export interface ConfigIo {
  /** The content of a file. */
  readFile(path: string): Promise<Uint8Array>;
  /** The names in a directory, without its path. */
  listDirectory(path: string): Promise<readonly string[]>;
}

/** The files to read. */
export interface FileSources {
  /**
   * In rising precedence; `~` is the home directory. A {@linkcode directoryPath} stands for its
   * `*.conf` files, sorted by code unit, without hidden files.
   */
  readonly files?: readonly string[] | undefined;
  /** Where the names of the files come from, for messages: `DF_PUBSUB_CONFIG`. */
  readonly namedBy?: string | undefined;
  /** Has the home directory. */
  readonly facts: HostFacts;
  /** Reads the files. */
  readonly io: ConfigIo;
}

/** Marks a path among the paths of files as that of a directory, by a slash at its end. */
export function directoryPath(path: string): string {
  return path.replace(/(?<=[^/])$/, "/");
}

/** The settings of the files, and their problems. */
export interface FileLayers {
  /** The files, including those in directories, in rising precedence. */
  readonly files: readonly string[];
  /** One layer for each readable file; later layers win. */
  readonly layers: readonly Layer[];
  /** Unreadable files, directories and lines, each with its place. */
  readonly problems: readonly string[];
}

/** Reads every configuration file into a layer. Never rejects: a failure is a problem. */
export async function readFileLayers(sources: FileSources): Promise<FileLayers> {
  const problems: string[] = [];
  const layers: Layer[] = [];
  const paths: string[] = [];
  for (const path of sources.files ?? []) {
    paths.push(...path.endsWith("/") ? await confFiles(path, { sources, problems }) : [path]);
  }
  for (const path of paths) layers.push(await readLayer(path, { sources, problems }));
  return { files: paths, layers, problems };
}

interface Reading {
  readonly sources: FileSources;
  readonly problems: string[];
}

async function confFiles(path: string, { sources, problems }: Reading): Promise<string[]> {
  const directory = path.replace(/(?<=.)\/+$/, "");
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

/** Texts for the names of file system errors. */
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

/** The text of a configuration file, or the reason why it is not text. */
type FileText = { readonly text: string } | { readonly problem: FileFault };

/** The place where a file is not text. */
interface FileFault {
  /** Counted from 1. */
  readonly line: number;
  /** What is wrong and what is wanted. */
  readonly message: string;
}

/** Decodes a configuration file: UTF-8 without NUL. */
function textOf(bytes: Uint8Array): FileText {
  const [first = 0, second = 0] = bytes;
  if (first + second === 0xfe + 0xff && Math.min(first, second) === 0xfe) {
    return { problem: { line: 1, message: "is UTF-16, wanted UTF-8" } };
  }
  const fault = utf8FaultAt(bytes, 0, bytes.length);
  if (fault >= 0) return { problem: faultAt(bytes, fault, "invalid UTF-8") };
  const nul = bytes.indexOf(0);
  if (nul >= 0) return { problem: faultAt(bytes, nul, "NUL byte, wanted text,") };
  return { text: new TextDecoder().decode(bytes) };
}

/** Splits lines as the parser does. */
function faultAt(bytes: Uint8Array, at: number, what: string): FileFault {
  // One character per byte, so that lengths are in bytes.
  const before = new TextDecoder("latin1").decode(bytes.subarray(0, at)).split(/\r\n|\r|\n/);
  const byte = (before.at(-1)?.length ?? 0) + 1;
  return { line: before.length, message: `${what} at byte ${byte} of the line` };
}

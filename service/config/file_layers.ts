import type { HostFacts } from "../../drivers/contract/option.ts";
import { messageOf } from "../../drivers/contract/errors.ts";
import { parseIni } from "./ini.ts";
import type { Layer } from "./layer.ts";

/** What reading a configuration needs of the machine; injected. Both reject with any error. */
export interface ConfigIo {
  /** The text of a file, UTF-8. */
  readTextFile(path: string): Promise<string>;
  /** The names, without the path, of what a directory holds. */
  listDirectory(path: string): Promise<readonly string[]>;
}

/** Which files to read, in this order: the files, then what the directories hold. */
export interface FileSources {
  /** In command-line order; `~` is the home directory. */
  readonly files?: readonly string[] | undefined;
  /** Of each, `*.conf` sorted by code unit, hidden files left out. */
  readonly directories?: readonly string[] | undefined;
  /** For the home directory. */
  readonly facts: HostFacts;
  /** Does the reading. */
  readonly io: ConfigIo;
}

/** What the files say, and what was wrong with them. */
export interface FileLayers {
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
  return { layers, problems };
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
    problems.push(`Configuration directory "${directory}" cannot be read: ${messageOf(cause)}`);
    return [];
  }
}

async function readLayer(path: string, { sources, problems }: Reading): Promise<Layer> {
  try {
    const text = await sources.io.readTextFile(expandHome(path, sources.facts));
    const { assignments, problems: found } = parseIni(text);
    problems.push(...found.map(({ line, message }) => `${path}:${line}: ${message}`));
    return assignments.map(({ group, name, value, line }) => ({
      written: { group, name },
      text: value,
      origin: `${path}:${line}`,
    }));
  } catch (cause) {
    problems.push(`Configuration file "${path}" cannot be read: ${messageOf(cause)}`);
    return [];
  }
}

function expandHome(path: string, facts: HostFacts): string {
  return path.replace(/^~(?=\/|$)/, () => facts.home);
}

import { messageOf } from "../../drivers/contract/errors.ts";
import { directoryPath } from "../../service/config/file_layers.ts";
import type { Io } from "../terminal/io.ts";

/**
 * The flags that select configuration files. If both are given, `configFile` and `configDir` are
 * the same list: the paths of both flags, in the order of the command line.
 */
export interface ConfigFileFlags {
  readonly configFile?: readonly string[] | undefined;
  /** A directory ends in a slash. */
  readonly configDir?: readonly string[] | undefined;
  /** False with `--no-config`. */
  readonly config?: boolean | undefined;
}

/** The files to read, and where a command without files has looked. */
export interface ConfigPlaces {
  /** A path that ends in a slash is a directory: read its `*.conf` files. */
  readonly files: readonly string[];
  /** Where the names of the files come from, for messages. */
  readonly namedBy?: string;
  /** For a message if nothing was read: `no file at "…"`. */
  readonly whenNone: string;
  /** Warnings about places that could not be examined. */
  readonly warnings: readonly string[];
}

/** The access to the host that finding configuration files needs. */
export type ConfigHost = Pick<Io, "env" | "facts" | "exists">;

/** Names one configuration file, or several separated by colons. */
export const CONFIG_VARIABLE = "DF_PUBSUB_CONFIG";

const NAME = "df-pubsub/df-pubsub.ini";
const SYSTEM_FILE = `/etc/${NAME}`;
const SYSTEM_DIRECTORY = "/etc/df-pubsub/conf.d";

/**
 * Finds the configuration of this host, so that every command uses that of the service: the files
 * in flags; or else those in `DF_PUBSUB_CONFIG`; or else the user's file; or else the system's file
 * and the `*.conf` files in its directory.
 *
 * The reader checks that a named file exists. The user's directory may belong to another account,
 * as after `runuser`, so a directory that cannot be searched only causes a warning.
 */
export async function findConfig(flags: ConfigFileFlags, io: ConfigHost): Promise<ConfigPlaces> {
  const files = flags.configFile ?? flags.configDir ?? [];
  const named = { files, whenNone: "no *.conf file in --config-dir", warnings: [] };
  if (flags.config === false) return { ...named, whenNone: "--no-config" };
  if (files.length > 0) return named;
  const variable = io.env[CONFIG_VARIABLE];
  if (variable) {
    const whenNone = `${CONFIG_VARIABLE} names no file`;
    const files = variable.split(":").filter((path) => path !== "");
    return { ...named, files, namedBy: CONFIG_VARIABLE, whenNone };
  }
  return await findUsual(io);
}

async function findUsual(io: ConfigHost): Promise<ConfigPlaces> {
  const user = `${userDirectory(io)}/${NAME}`;
  const warnings: string[] = [];
  const isThere = await io.exists(user).catch((error) => {
    warnings.push(`Configuration file "${user}" is ignored: ${messageOf(error)}`);
    return false;
  });
  const whenNone = `no file at "${user}" or "${SYSTEM_FILE}", no *.conf in "${SYSTEM_DIRECTORY}"`;
  if (isThere) return { files: [user], whenNone, warnings };
  const usual = [SYSTEM_FILE, directoryPath(SYSTEM_DIRECTORY)];
  const found = await Promise.all(usual.map((path) => existing(path, io)));
  return { files: found.flat(), whenNone, warnings };
}

/** By the XDG Base Directory Specification, which requires ignoring a relative path. */
function userDirectory({ env, facts }: ConfigHost): string {
  const directory = env["XDG_CONFIG_HOME"];
  return directory?.startsWith("/") ? directory.replace(/\/+$/, "") : `${facts.home}/.config`;
}

/** The path if it exists. If it cannot be examined, reading it fails later. */
async function existing(path: string, io: ConfigHost): Promise<string[]> {
  return await io.exists(path).catch(() => true) ? [path] : [];
}

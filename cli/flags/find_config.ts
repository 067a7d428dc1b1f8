import { messageOf } from "../../drivers/contract/errors.ts";
import type { Io } from "../terminal/io.ts";

/** The flags that say which configuration files are read. */
export interface ConfigFileFlags {
  readonly configFile?: readonly string[] | undefined;
  readonly configDir?: readonly string[] | undefined;
  /** False with `--no-config`. */
  readonly config?: boolean | undefined;
}

/** Which files to read, and where a command that reads none has looked. */
export interface ConfigPlaces {
  readonly files: readonly string[];
  readonly directories: readonly string[];
  /** What named the files, for messages. */
  readonly namedBy?: string;
  /** For a message, when nothing was read: `no file at "…"`. */
  readonly whenNone: string;
  /** Places that could not be examined. */
  readonly warnings: readonly string[];
}

/** What tells where configuration files are. */
export type ConfigHost = Pick<Io, "env" | "facts" | "exists">;

/** Names one configuration file, or several separated by colons. */
export const CONFIG_VARIABLE = "DF_PUBSUB_CONFIG";

const NAME = "df-pubsub/df-pubsub.ini";
const SYSTEM_FILE = `/etc/${NAME}`;
const SYSTEM_DIRECTORY = "/etc/df-pubsub/conf.d";

/**
 * Finds the configuration of this host, so that every command has that of the service: the files
 * that flags name; or else those in `DF_PUBSUB_CONFIG`; or else the user's own file; or else the
 * system's file and the `*.conf` in its directory.
 *
 * A file that is named must exist, which its reader checks. The user's directory may belong to
 * another account, as after `runuser`, so one that may not be searched is a warning.
 */
export async function findConfig(flags: ConfigFileFlags, io: ConfigHost): Promise<ConfigPlaces> {
  const { configFile: files = [], configDir: directories = [] } = flags;
  const named = { files, directories, whenNone: "no *.conf file in --config-dir", warnings: [] };
  if (flags.config === false) return { ...named, whenNone: "--no-config" };
  if (files.length + directories.length > 0) return named;
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
  if (isThere) return { files: [user], directories: [], whenNone, warnings };
  const [files, directories] = await Promise.all([
    existing(SYSTEM_FILE, io),
    existing(SYSTEM_DIRECTORY, io),
  ]);
  return { files, directories, whenNone, warnings };
}

/** By the XDG Base Directory Specification, which has a relative path ignored. */
function userDirectory({ env, facts }: ConfigHost): string {
  const directory = env["XDG_CONFIG_HOME"];
  return directory?.startsWith("/") ? directory.replace(/\/+$/, "") : `${facts.home}/.config`;
}

/** The path, unless nothing is there: what cannot be examined fails when it is read. */
async function existing(path: string, io: ConfigHost): Promise<string[]> {
  return await io.exists(path).catch(() => true) ? [path] : [];
}

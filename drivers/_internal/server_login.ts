import { invalidOption, unusableFile } from "../contract/invalid_option.ts";
import type { OptionDef, Settings } from "../contract/option.ts";
import { readOptionFile } from "./option_file.ts";

/** User and password; without a name it is the server's default user. */
export interface ServerLogin {
  readonly username: string | undefined;
  readonly password: string;
}

/** The options of a login. */
export interface LoginOptions {
  readonly username: OptionDef<string>;
  readonly password: OptionDef<string>;
  /** The path of a file that contains the password; it has precedence over the password. */
  readonly passwordFile: OptionDef<string>;
}

/**
 * The configured login, or undefined.
 *
 * @throws {DriverError} `CONFIG_INVALID` if there is a user without a password, and
 * `FILE_UNUSABLE` if the file cannot be read
 */
export async function readLogin(
  settings: Settings,
  options: LoginOptions,
): Promise<ServerLogin | undefined> {
  const fromFile = (await readOptionFile(settings, options.passwordFile))?.replace(/\r?\n$/, "");
  const password = fromFile ?? settings.get(options.password);
  const username = settings.get(options.username) || undefined;
  if (password !== "") return { username, password };
  if (username === undefined && fromFile === undefined) return undefined;
  throw fromFile === undefined
    ? invalidOption(
      settings,
      options.username,
      `there is no password for it: set ${options.passwordFile.name}`,
    )
    : unusableFile(settings, options.passwordFile, "the file is empty, wanted the password");
}

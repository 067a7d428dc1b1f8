import { readFile } from "node:fs/promises";
import { messageOf } from "../contract/errors.ts";
import type { OptionDef, Settings } from "../contract/option.ts";
import { Reason } from "./reason.ts";
import { requireRegularFile } from "./regular_file.ts";

/** A user and the password; without a name it is the server's default user. */
export interface ServerLogin {
  readonly username: string | undefined;
  readonly password: string;
}

/** The options that a login is read from. */
export interface LoginOptions {
  readonly username: OptionDef<string>;
  readonly password: OptionDef<string>;
  /** The path of a file that holds the password; it goes before the password. */
  readonly passwordFile: OptionDef<string>;
}

/** What a client of TLS trusts and presents: PEM texts. */
export interface ServerTls {
  readonly ca?: string;
  readonly cert?: string;
  readonly key?: string;
}

/** The options that name the files of TLS. */
export interface TlsFileOptions {
  readonly caFile: OptionDef<string>;
  readonly certFile: OptionDef<string>;
  readonly keyFile: OptionDef<string>;
}

/**
 * The login of a configuration; undefined when it has none.
 *
 * @throws {Reason} when there is a user without a password, or the file cannot be read
 */
export async function readLogin(
  settings: Settings,
  options: LoginOptions,
): Promise<ServerLogin | undefined> {
  const fromFile = (await readNamed(settings, options.passwordFile))?.replace(/\r?\n$/, "");
  const password = fromFile ?? settings.get(options.password);
  const username = settings.get(options.username) || undefined;
  if (password !== "") return { username, password };
  if (username === undefined && fromFile === undefined) return undefined;
  const which = fromFile === undefined ? options.password : options.passwordFile;
  throw new Reason(`Option "${which.name}": is empty, wanted the password to log in with`);
}

/**
 * Reads the files of TLS.
 *
 * @throws {Reason} when one cannot be read, or there is a certificate without its key
 */
export async function readTlsFiles(
  settings: Settings,
  { caFile, certFile, keyFile }: TlsFileOptions,
): Promise<ServerTls> {
  const ca = await readNamed(settings, caFile);
  const cert = await readNamed(settings, certFile);
  const key = await readNamed(settings, keyFile);
  if ((cert === undefined) !== (key === undefined)) {
    const missing = cert === undefined ? certFile : keyFile;
    throw new Reason(
      `Option "${missing.name}": is empty, wanted both certificate and key or neither`,
    );
  }
  return {
    ...(ca === undefined ? {} : { ca }),
    ...(cert === undefined || key === undefined ? {} : { cert, key }),
  };
}

/** The text of the file that an option names; undefined when it names none. */
async function readNamed(
  settings: Settings,
  option: OptionDef<string>,
): Promise<string | undefined> {
  const path = settings.get(option);
  if (path === "") return undefined;
  try {
    await requireRegularFile(path);
    return await readFile(path, "utf8");
  } catch (cause) {
    throw new Reason(`Option "${option.name}": cannot read "${path}": ${messageOf(cause)}`, {
      cause,
    });
  }
}

import { readFile } from "node:fs/promises";
import { messageOf } from "../contract/errors.ts";
import type { OptionDef, Settings } from "../contract/option.ts";
import { Reason } from "./reason.ts";
import { requireRegularFile } from "./regular_file.ts";

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

/** The trusted authorities and the certificate of a TLS client, as PEM texts. */
export interface ServerTls {
  readonly ca?: string;
  readonly cert?: string;
  readonly key?: string;
}

/** The options with the files of TLS. */
export interface TlsFileOptions {
  readonly caFile: OptionDef<string>;
  readonly certFile: OptionDef<string>;
  readonly keyFile: OptionDef<string>;
}

/**
 * The configured login, or undefined.
 *
 * @throws {Reason} if there is a user without a password, or the file cannot be read
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
  throw new Reason(`Option "${which.name}" is empty, wanted the password of the login`);
}

/**
 * Reads the files of TLS.
 *
 * @throws {Reason} if one cannot be read, or if a certificate or its key is missing
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
      `Option "${missing.name}" is empty, wanted both certificate and key, or neither`,
    );
  }
  return {
    ...(ca === undefined ? {} : { ca }),
    ...(cert === undefined || key === undefined ? {} : { cert, key }),
  };
}

/** The text of the file that an option names; undefined if it names none. */
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

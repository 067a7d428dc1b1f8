import { messageOf } from "../../drivers/contract/errors.ts";
import { invalidOption, unusableFile } from "../../drivers/contract/invalid_option.ts";
import type { Settings } from "../../drivers/contract/option.ts";
import { httpAddress, httpPage, httpTlsFiles, httpTokenFile } from "./options/observability.ts";
import { isOwnHost, pagesAddress } from "./pages_address.ts";

/** Reads the file of a token. */
export interface TokenFiles {
  /** The content of a file. @throws {RangeError} when it is longer */
  readFile(path: string, maxBytes: number): Promise<Uint8Array>;
  /** Refuses what cannot be read again and again. @throws {TypeError} */
  requireRegularFile(path: string): Promise<void>;
}

const MAX_FILE_BYTES = 1_024;
const TOKEN = /^[!-~]{16,256}$/;

/**
 * The token that the page, `/peers` and `/applied` of a service require; undefined if there is
 * none, or no page.
 *
 * @throws {DriverError} `CONFIG_INVALID` if other hosts could read the page without a token, and
 * `FILE_UNUSABLE` if the file does not contain a valid token. The message names the file, never its
 * content
 */
export async function readPagesToken(
  config: Settings,
  files: TokenFiles,
): Promise<string | undefined> {
  const at = pagesAddress(config);
  if (at === undefined || !config.get(httpPage)) return undefined;
  const token = await readClientToken(config, files);
  if (token !== undefined) return token;
  if (isOwnHost(at.hostname)) return undefined;
  // Then a client without a token needs a certificate.
  if (asksClientCertificates(config)) return undefined;
  const what = `"${
    config.get(httpAddress)
  }": other hosts could read the page, /peers, /applied and /row without a token`;
  const wanted =
    "set [df] http_token_file or, for client certificates, the options http_tls_*; or " +
    "set [df] http_page = false to serve only /livez, /readyz and /metrics";
  throw invalidOption(config, httpAddress, `${what}: ${wanted}`);
}

/** Whether the pages speak TLS, and accept a client certificate in place of the token. */
export function asksClientCertificates(config: Settings): boolean {
  const { caFile, certFile } = httpTlsFiles;
  return config.get(certFile) !== "" && config.get(caFile) !== "";
}

/**
 * Whether a client may send the token to other hosts without TLS: the configuration names no TLS
 * file for pages, or the service of this host itself serves its pages to other hosts without TLS.
 */
export function sendsTokenInClear(config: Settings): boolean {
  const { caFile, certFile } = httpTlsFiles;
  if (config.get(certFile) !== "") return false;
  const { hostname } = pagesAddress(config) ?? {};
  return config.get(caFile) === "" || hostname !== undefined && !isOwnHost(hostname);
}

/**
 * The token that a client sends to services; undefined if the configuration names no file.
 *
 * @throws {DriverError} as {@linkcode readPagesToken}
 */
export async function readClientToken(
  config: Settings,
  files: TokenFiles,
): Promise<string | undefined> {
  return config.get(httpTokenFile) === "" ? undefined : await readToken(config, files);
}

async function readToken(config: Settings, files: TokenFiles): Promise<string> {
  const path = config.get(httpTokenFile);
  let text: string;
  try {
    await files.requireRegularFile(path);
    text = new TextDecoder().decode(await files.readFile(path, MAX_FILE_BYTES));
  } catch (cause) {
    const what = `cannot read "${path}": ${messageOf(cause)}`;
    throw unusableFile(config, httpTokenFile, what, { cause });
  }
  const token = text.replace(/\r?\n$/, "");
  if (TOKEN.test(token)) return token;
  const wanted = "wanted one line of 16 to 256 characters, ASCII without blanks";
  throw unusableFile(config, httpTokenFile, `"${path}": not a token: ${wanted}`);
}

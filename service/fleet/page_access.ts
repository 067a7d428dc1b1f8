import type { ClientTls } from "../../drivers/contract/client_tls.ts";
import type { Settings } from "../../drivers/contract/option.ts";
import type { TlsFileOptions } from "../../drivers/contract/tls_options.ts";
import { httpTlsFiles } from "../config/options/observability.ts";
import { readClientToken, sendsTokenInClear, type TokenFiles } from "../config/pages_token.ts";

/** Reads the files of a client of pages. */
export interface PageFiles extends TokenFiles {
  /** @throws {Error} if a file is not usable */
  clientTls(settings: Settings, files: TlsFileOptions): Promise<ClientTls>;
}

/** How a client reaches the pages of services. */
export interface PageAccess {
  /** The token, for pages that require one. */
  readonly token?: string | undefined;
  /** Whether other hosts get the token only over TLS. @default false */
  readonly tokenNeedsTls?: boolean | undefined;
  /** Reads the TLS files, for pages at https. @throws {Error} if one is not usable */
  readonly tls?: (() => Promise<ClientTls>) | undefined;
}

/**
 * The configured access to the pages of services.
 *
 * @throws {DriverError} `FILE_UNUSABLE` if the file of the token is not valid
 */
export async function readPageAccess(config: Settings, files: PageFiles): Promise<PageAccess> {
  const token = await readClientToken(config, files);
  const tokenNeedsTls = !sendsTokenInClear(config);
  return { token, tokenNeedsTls, tls: () => files.clientTls(config, httpTlsFiles) };
}

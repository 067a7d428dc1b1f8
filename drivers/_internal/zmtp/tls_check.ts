import { invalidOption } from "../../contract/invalid_option.ts";
import type { Settings } from "../../contract/option.ts";
import { checkTransport } from "../publisher_transport.ts";
import { readTlsFiles, type TlsMaterial } from "../tls/tls_files.ts";
import { tls, tlsFiles } from "./tls_options.ts";

/**
 * Checks the options of ZeroMQ together, and reads the TLS files.
 *
 * @throws {DriverError} `CONFIG_INVALID` or `FILE_UNUSABLE`, with what is wrong
 */
export async function checkZmqSettings(settings: Settings): Promise<void> {
  checkTransport(settings);
  if (settings.get(tls) === "off") return;
  requireTlsFiles(settings, await readTlsFiles(settings, tlsFiles), "subscriber");
}

/** @throws {DriverError} `CONFIG_INVALID` if a file that this side needs is not named */
export function requireTlsFiles(
  settings: Settings,
  { texts }: TlsMaterial,
  side: "publisher" | "subscriber",
): void {
  const { caFile, certFile } = tlsFiles;
  const missing = texts.ca === undefined
    ? caFile
    : texts.cert === undefined && side === "publisher"
    ? certFile
    : undefined;
  if (missing === undefined) return;
  const what = `"${settings.get(tls)}", but ${missing.name} is empty, wanted a file in PEM`;
  throw invalidOption(settings, tls, what);
}

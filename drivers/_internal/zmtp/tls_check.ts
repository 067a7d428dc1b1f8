import type { Settings } from "../../contract/option.ts";
import { checkTransport } from "../publisher_transport.ts";
import { Reason } from "../reason.ts";
import { readTlsFiles, type TlsMaterial } from "../tls/tls_files.ts";
import { tls, tlsFiles } from "./tls_options.ts";

/**
 * Checks the options of ZeroMQ together, and reads the TLS files.
 *
 * @throws {Error} what is wrong with an option or its file
 */
export async function checkZmqSettings(settings: Settings): Promise<void> {
  checkTransport(settings);
  if (settings.get(tls) === "off") return;
  requireTlsFiles(settings, await readTlsFiles(settings, tlsFiles), "subscriber");
}

/** @throws {Reason} if a file that this side needs is not named */
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
  const why = `[df_zmq] tls is ${settings.get(tls)}`;
  throw new Reason(`Option "${missing.name}" is empty, wanted a file in PEM: ${why}`);
}

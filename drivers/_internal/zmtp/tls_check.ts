import { invalidOption, unusableFile } from "../../contract/invalid_option.ts";
import type { Settings } from "../../contract/option.ts";
import { RefusedIdentity, TlsContext } from "../libssl/context.ts";
import { checkTransport } from "../publisher_transport.ts";
import { readTlsFiles, requireServerCertificate, type TlsMaterial } from "../tls/tls_files.ts";
import { tls, tlsFiles, tlsMinVersion } from "./tls_options.ts";

/**
 * Checks the options of ZeroMQ together, and reads the TLS files. The host may be a publisher or a
 * node: both need a certificate, but that of a node does not have to be for a server.
 *
 * @throws {DriverError} `CONFIG_INVALID` or `FILE_UNUSABLE`, with what is wrong
 */
export async function checkZmqSettings(settings: Settings): Promise<void> {
  checkTransport(settings);
  if (settings.get(tls) === "off") return;
  const material = await readTlsFiles(settings, tlsFiles);
  requireTlsFiles(settings, material, "publisher");
  using _context = tlsContext(settings, material, "subscriber");
}

/** Checks what only a publisher needs. @throws {DriverError} as {@linkcode checkZmqSettings} */
export async function checkZmqPublisher(settings: Settings): Promise<void> {
  if (settings.get(tls) === "off") return;
  using _context = tlsContext(settings, await readTlsFiles(settings, tlsFiles), "publisher");
}

/** Creates the TLS context of one side. @throws {DriverError} as {@linkcode checkZmqSettings} */
export function tlsContext(
  settings: Settings,
  material: TlsMaterial,
  side: "publisher" | "subscriber",
): TlsContext {
  requireTlsFiles(settings, material, side);
  if (side === "publisher") requireServerCertificate(settings, tlsFiles, material);
  const { ca = "", cert: certificate, key } = material.texts;
  try {
    const minVersion = settings.get(tlsMinVersion);
    return new TlsContext({ certificate, key, authorities: ca, minVersion });
  } catch (cause) {
    if (!(cause instanceof RefusedIdentity)) throw cause;
    const { caFile, certFile, keyFile } = tlsFiles;
    const file = { authorities: caFile, certificate: certFile, key: keyFile }[cause.part];
    throw unusableFile(settings, file, `"${settings.get(file)}": ${cause.message}`, { cause });
  }
}

/** @throws {DriverError} `CONFIG_INVALID` if a file that this side needs is not named */
function requireTlsFiles(
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

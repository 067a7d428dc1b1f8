import { unusableFile } from "../../contract/invalid_option.ts";
import type { Settings } from "../../contract/option.ts";
import type { TlsFileOptions } from "../../contract/tls_options.ts";
import { readTlsFiles, type TlsMaterial } from "./tls_files.ts";

/** Reads TLS files for connections of the runtime. @throws as {@linkcode requireRuntimeKey} */
export async function readRuntimeTlsFiles(
  settings: Settings,
  files: TlsFileOptions,
): Promise<TlsMaterial> {
  const material = await readTlsFiles(settings, files);
  requireRuntimeKey(settings, files, material);
  return material;
}

/**
 * Refuses a key that the runtime cannot use: it knows fewer kinds than OpenSSL. A server with such
 * a key would refuse every connection.
 *
 * @throws {DriverError} as `readTlsFiles`
 */
export function requireRuntimeKey(
  settings: Settings,
  { keyFile }: TlsFileOptions,
  { texts: { cert, key } }: TlsMaterial,
): void {
  if (cert === undefined || key === undefined) return;
  try {
    Deno.createHttpClient({ cert, key }).close();
  } catch (cause) {
    const wanted =
      "wanted RSA with at least 2048 bits, ECDSA with P-256, P-384 or P-521, or Ed25519";
    const what = `"${settings.get(keyFile)}": Deno cannot use a key of this kind, ${wanted}`;
    throw unusableFile(settings, keyFile, what, { cause });
  }
}

import { messageOf } from "../../contract/errors.ts";
import { invalidOption, unusableFile } from "../../contract/invalid_option.ts";
import type { OptionDef, Settings } from "../../contract/option.ts";
import type { TlsFileOptions } from "../../contract/tls_options.ts";
import { readOptionFile } from "../option_file.ts";
import { type Certificate, parseCertificates, PEM_CERTIFICATE } from "./certificate.ts";

/** Authorities, certificate and key as PEM texts: fields of the options of `node:tls`. */
export interface TlsTexts {
  readonly ca?: string;
  readonly cert?: string;
  readonly key?: string;
}

/** The checked content of the TLS files. */
export interface TlsMaterial {
  readonly texts: TlsTexts;
  /** The first certificate of the certificate file; undefined without one. */
  readonly certificate: Certificate | undefined;
}

/** The curves that TLS supports in certificates, also by the names that Deno 2.4 has for them. */
const CURVES: ReadonlySet<string> = new Set([
  ...["prime256v1", "secp384r1", "secp521r1"],
  ...["p256", "p384"],
]);

const PRIVATE_KEY = /-----BEGIN ((?:[A-Z]+ )*PRIVATE KEY)-----.*?-----END \1-----/s;

/**
 * Reads and checks the TLS files.
 *
 * @throws {DriverError} with the option and its file, but never the content: `FILE_UNUSABLE` if a
 * file cannot be read or parsed, or the key does not belong to the certificate; `CONFIG_INVALID` if
 * one of the two is missing
 */
export async function readTlsFiles(
  settings: Settings,
  options: TlsFileOptions,
): Promise<TlsMaterial> {
  return await checkTls(settings, options, await readTlsTexts(settings, options));
}

/**
 * Reads the certificates and the key in the TLS files, without a check. Leaves out all other text:
 * TLS libraries differ in how they skip it, and some of them then skip certificates, too.
 *
 * @throws {DriverError} `FILE_UNUSABLE`
 */
export async function readTlsTexts(
  settings: Settings,
  { caFile, certFile, keyFile }: TlsFileOptions,
): Promise<TlsTexts> {
  const ca = certificatesIn(await readOptionFile(settings, caFile));
  const cert = certificatesIn(await readOptionFile(settings, certFile));
  const key = keyIn(await readOptionFile(settings, keyFile));
  return {
    ...(ca === undefined ? {} : { ca }),
    ...(cert === undefined ? {} : { cert }),
    ...(key === undefined ? {} : { key }),
  };
}

function certificatesIn(text: string | undefined): string | undefined {
  return text && Array.from(text.matchAll(PEM_CERTIFICATE), ([part]) => `${part}\n`).join("");
}

function keyIn(text: string | undefined): string | undefined {
  return text && (PRIVATE_KEY.exec(text)?.[0] ?? "");
}

/** Checks what {@linkcode readTlsTexts} has read. @throws as {@linkcode readTlsFiles} */
export async function checkTls(
  settings: Settings,
  { caFile, certFile, keyFile }: TlsFileOptions,
  texts: TlsTexts,
): Promise<TlsMaterial> {
  const { ca, cert, key } = texts;
  if ((cert === undefined) !== (key === undefined)) {
    const [set, missing] = cert === undefined ? [keyFile, certFile] : [certFile, keyFile];
    const what = `"${settings.get(set)}", but ${missing.name} is empty, wanted both or neither`;
    throw invalidOption(settings, set, what);
  }
  if (ca !== undefined) parse(settings, caFile, ca);
  if (cert === undefined || key === undefined) return { texts, certificate: undefined };
  const [certificate] = parse(settings, certFile, cert);
  const problem = await keyProblem(key, certificate);
  if (problem === undefined) return { texts, certificate };
  const what = `"${settings.get(keyFile)}": ${problem} "${settings.get(certFile)}"`;
  throw unusableFile(settings, keyFile, what);
}

/**
 * Refuses the certificate of a server that no client would accept.
 *
 * @throws {DriverError} `FILE_UNUSABLE` with the option and its file
 */
export function requireServerCertificate(
  settings: Settings,
  { certFile }: TlsFileOptions,
  { certificate }: TlsMaterial,
): void {
  if (certificate?.purposes?.includes("server") !== false) return;
  const wanted = "its extendedKeyUsage has to include serverAuth";
  const what = `"${settings.get(certFile)}": the certificate is not for a server: ${wanted}`;
  throw unusableFile(settings, certFile, what);
}

function parse(
  settings: Settings,
  option: OptionDef<string>,
  text: string,
): readonly [Certificate, ...Certificate[]] {
  try {
    return parseCertificates(text);
  } catch (cause) {
    const what = `"${settings.get(option)}": ${messageOf(cause)}`;
    throw unusableFile(settings, option, what, { cause });
  }
}

/** Why a key cannot be used with a certificate, before the path of the certificate. */
async function keyProblem(
  key: string,
  { publicKey }: Certificate,
): Promise<string | undefined> {
  const wanted = "wanted the private key in PEM of";
  if (/ENCRYPTED/.test(key)) return `it is encrypted, ${wanted}`;
  const { createPrivateKey, createPublicKey } = await import("node:crypto");
  try {
    const own = createPrivateKey(key);
    const { namedCurve } = own.asymmetricKeyDetails ?? {};
    if (namedCurve !== undefined && !CURVES.has(namedCurve)) {
      return `its curve "${namedCurve}" is not one that TLS supports (P-256, P-384, P-521), ${wanted}`;
    }
    const publicOwn = createPublicKey(own as unknown as string);
    const der = publicOwn.export({ type: "spki", format: "der" });
    return der.equals(publicKey) ? undefined : "the key does not belong to the certificate in";
  } catch {
    // The cause could contain parts of the key.
    return `not a private key, or one of an unknown kind, ${wanted}`;
  }
}

import { type DerValue, objectIdOf, readDer, readSequence, TAG, timeOf } from "./der.ts";
import { type AlternativeName, alternativeNameOf } from "./names.ts";

/** A purpose of a certificate, from its extendedKeyUsage. */
export type CertificatePurpose = "server" | "client";

/**
 * The fields of an X.509 certificate (RFC 5280) that this program uses. Its signature is not checked
 * here, but by OpenSSL or the runtime.
 */
export interface Certificate {
  /** The name of its subject, as `CN=node-1`. */
  readonly subject: string;
  readonly issuer: string;
  /** The subject alternative names. */
  readonly names: readonly AlternativeName[];
  /** Milliseconds since 1970. */
  readonly notBefore: number;
  /** Milliseconds since 1970. */
  readonly notAfter: number;
  /** Whether it may sign other certificates. */
  readonly isAuthority: boolean;
  /** Undefined allows every purpose. */
  readonly purposes: readonly CertificatePurpose[] | undefined;
  /** The public key as SubjectPublicKeyInfo, in DER. */
  readonly publicKey: Uint8Array;
  /** The id of its key, by which its signatures name it; undefined if it has none. */
  readonly keyId: Uint8Array | undefined;
  /** The name of its subject in DER. */
  readonly subjectDer: Uint8Array;
  readonly der: Uint8Array;
}

/** A certificate in PEM. If the second group is missing, the certificate is cut off. */
export const PEM_CERTIFICATE = /-----BEGIN CERTIFICATE-----([^-]*)(-----END CERTIFICATE-----)?/g;

/** The object identifiers of extensions. */
export const EXTENSION = {
  subjectKeyIdentifier: "2.5.29.14",
  keyUsage: "2.5.29.15",
  names: "2.5.29.17",
  basicConstraints: "2.5.29.19",
  authorityKeyIdentifier: "2.5.29.35",
  extendedKeyUsage: "2.5.29.37",
} as const;

/** The purposes, by their object identifiers. */
export const PURPOSES: ReadonlyMap<string, CertificatePurpose> = new Map([
  ["1.3.6.1.5.5.7.3.1", "server"],
  ["1.3.6.1.5.5.7.3.2", "client"],
]);

/** Short names of the parts of a name (RFC 4514). */
const NAME_PARTS: Readonly<Record<string, string>> = {
  "2.5.4.3": "CN",
  "2.5.4.6": "C",
  "2.5.4.7": "L",
  "2.5.4.8": "ST",
  "2.5.4.10": "O",
  "2.5.4.11": "OU",
};

/** The encodings of names that are not in UTF-8 or ASCII, by the tags of their texts. */
const ENCODINGS: ReadonlyMap<number, string> = new Map([
  [TAG.teletexString, "latin1"],
  [TAG.bmpString, "utf-16be"],
]);

/**
 * The certificates of a PEM text, in order: the first is the peer's own, the others are those of
 * authorities.
 *
 * @throws {RangeError} if the text has no certificate, or an invalid one
 */
export function parseCertificates(pem: string): readonly [Certificate, ...Certificate[]] {
  const [first, ...rest] = Array.from(
    pem.matchAll(PEM_CERTIFICATE),
    ([, base64 = "", end]) => parseCertificate(bytesOf(end === undefined ? "-" : base64)),
  );
  if (first === undefined) throw new RangeError("it contains no certificate in PEM");
  return [first, ...rest];
}

function bytesOf(base64: string): Uint8Array {
  try {
    return Uint8Array.from(atob(base64.replaceAll(/\s/g, "")), (each) => each.charCodeAt(0));
  } catch (cause) {
    throw new RangeError("its PEM is damaged", { cause });
  }
}

/** Parses a certificate in DER. @throws {RangeError} if it is not one */
export function parseCertificate(der: Uint8Array): Certificate {
  try {
    return readCertificate(der);
  } catch (cause) {
    throw new RangeError("it contains a damaged certificate", { cause });
  }
}

function readCertificate(der: Uint8Array): Certificate {
  const fields = [...readSequence(part(readSequence(der), 0).whole)];
  // The version is marked by a tag of its own, and absent in version 1.
  if (fields[0]?.tag === 0xa0) fields.shift();
  const [notBefore, notAfter] = readDer(part(fields, 3).content).map(timeOf);
  const extensions = extensionsOf(fields.find(({ tag }) => tag === 0xa3));
  const names = extensions.get(EXTENSION.names);
  const keyId = extensions.get(EXTENSION.subjectKeyIdentifier);
  const usage = extensions.get(EXTENSION.extendedKeyUsage);
  const constraints = extensions.get(EXTENSION.basicConstraints);
  return {
    subject: nameOf(part(fields, 4)),
    issuer: nameOf(part(fields, 2)),
    names: names === undefined ? [] : readSequence(names).flatMap(alternativeNameOf),
    notBefore: notBefore ?? NaN,
    notAfter: notAfter ?? NaN,
    isAuthority: constraints !== undefined && isTrue(readSequence(constraints)[0]),
    purposes: usage && readSequence(usage).flatMap((id) => PURPOSES.get(objectIdOf(id)) ?? []),
    publicKey: part(fields, 5).whole,
    keyId: keyId && readDer(keyId)[0]?.content,
    subjectDer: part(fields, 4).whole,
    der,
  };
}

function part(values: readonly DerValue[], index: number): DerValue {
  const value = values[index];
  if (value === undefined) throw new RangeError("a part is missing");
  return value;
}

function isTrue(value: DerValue | undefined): boolean {
  return value?.tag === TAG.boolean && value.content[0] !== 0;
}

/** The content of each extension, by its object identifier. */
function extensionsOf(field: DerValue | undefined): ReadonlyMap<string, Uint8Array> {
  if (field === undefined) return new Map();
  return new Map(
    readSequence(field.content).map(({ whole }) => {
      const values = readSequence(whole);
      return [objectIdOf(part(values, 0)), part(values, values.length - 1).content];
    }),
  );
}

function nameOf(name: DerValue): string {
  const parts = readDer(name.content).flatMap((set) => readDer(set.content)).map(({ whole }) => {
    const [id, value] = readSequence(whole);
    if (id === undefined || value === undefined) throw new RangeError("a name is incomplete");
    const kind = objectIdOf(id);
    const decoder = new TextDecoder(ENCODINGS.get(value.tag));
    return `${NAME_PARTS[kind] ?? kind}=${decoder.decode(value.content)}`;
  });
  return printable(parts.join(", "));
}

/** A peer chooses the text: nothing in it may end a line of the log, or fill the log. */
function printable(text: string): string {
  // deno-lint-ignore no-control-regex
  return text.replaceAll(/[\x00-\x1f\x7f-\x9f\u2028\u2029]/g, "?").slice(0, 512);
}

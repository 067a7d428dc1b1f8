import { Buffer } from "node:buffer";
import {
  createHash,
  createPrivateKey,
  createPublicKey,
  generateKeyPairSync,
  type KeyObject,
  randomBytes,
  sign,
} from "node:crypto";
import { messageOf } from "../../contract/errors.ts";
import { utcMinute } from "../../contract/utc_time.ts";
import { Reason } from "../reason.ts";
import { EXTENSION, parseCertificates, PURPOSES } from "./certificate.ts";
import { readSequence, TAG } from "./der.ts";
import { bitString, der, objectId, sequence, smallInteger, time, utf8 } from "./der_writer.ts";
import { encodeName, nameOfText } from "./name_encoding.ts";

/** A certificate and its private key, as PEM texts. */
export interface IssuedPair {
  readonly cert: string;
  readonly key: string;
}

/** What a certificate is for. */
export interface CertificateRequest {
  /** Host names, IP addresses and URIs; the first one is also the name of the subject. */
  readonly names: readonly string[];
  /** Milliseconds since 1970. */
  readonly notBefore: number;
  /** Milliseconds since 1970. */
  readonly notAfter: number;
}

const COMMON_NAME = "2.5.4.3";
const MAX_COMMON_NAME = 64;
const TRUE = der(TAG.boolean, Uint8Array.of(0xff));

/** Makes an authority: a certificate that signs itself, and its key (P-256). */
export function makeAuthority(
  { names: [name = ""], ...validity }: CertificateRequest,
): IssuedPair {
  const key = newKey();
  const subject = subjectOf(name);
  return signed(key, {
    ...{ issuer: subject, subject, ...validity, signer: key },
    extensions: [
      extension(EXTENSION.basicConstraints, sequence(TRUE, smallInteger(0)), true),
      // keyCertSign and cRLSign.
      extension(EXTENSION.keyUsage, bitString(Uint8Array.of(0x06), 1), true),
      extension(EXTENSION.subjectKeyIdentifier, der(TAG.octetString, keyId(key))),
    ],
  });
}

function certificatesOf({ cert }: IssuedPair) {
  try {
    return parseCertificates(cert);
  } catch (cause) {
    throw new Reason(`the certificate of the authority: ${messageOf(cause)}`, { cause });
  }
}

function privateKeyOf({ key }: IssuedPair): KeyObject {
  try {
    return createPrivateKey(key);
  } catch (cause) {
    const fault = /ENCRYPTED/.test(key) ? "is encrypted" : "cannot be read";
    throw new Reason(`the key of the authority ${fault}, wanted a private key in PEM`, { cause });
  }
}

/**
 * Makes a certificate that an authority signs, and its key (P-256). It serves servers and clients.
 *
 * @throws {Reason} if the files are not those of an authority
 */
export function issueCertificate(
  authority: IssuedPair,
  { names, ...validity }: CertificateRequest,
): IssuedPair {
  const [{ subjectDer, isAuthority, publicKey, keyId: authorityKeyId, notAfter }] = certificatesOf(
    authority,
  );
  if (!isAuthority) throw new Reason("the certificate is not that of an authority");
  // Peers refuse a certificate whose authority has expired, although it looks valid.
  if (validity.notBefore > notAfter) {
    throw new Reason(`the authority expired on ${utcMinute(notAfter)}: make a new one`);
  }
  if (validity.notAfter > notAfter) {
    const what = `the authority expires on ${utcMinute(notAfter)}, before the certificate`;
    throw new Reason(`${what}: choose a shorter validity, or make a new authority`);
  }
  const signer = privateKeyOf(authority);
  if (!spkiOf(signer).equals(publicKey)) {
    throw new Reason("the key does not belong to the certificate of the authority");
  }
  const key = newKey();
  const alternatives = names.map((name) => encodeName(nameOfText(name)));
  return signed(key, {
    ...{ issuer: subjectDer, subject: subjectOf(names[0] ?? ""), ...validity, signer },
    extensions: [
      extension(EXTENSION.basicConstraints, sequence(), true),
      // digitalSignature.
      extension(EXTENSION.keyUsage, bitString(Uint8Array.of(0x80), 7), true),
      extension(EXTENSION.extendedKeyUsage, sequence(...PURPOSES.keys().map(objectId))),
      extension(EXTENSION.names, sequence(...alternatives)),
      extension(EXTENSION.subjectKeyIdentifier, der(TAG.octetString, keyId(key))),
      ...(authorityKeyId === undefined
        ? []
        : [extension(EXTENSION.authorityKeyIdentifier, sequence(der(0x80, authorityKeyId)))]),
    ],
  });
}

interface Contents {
  readonly issuer: Uint8Array;
  readonly subject: Uint8Array;
  readonly notBefore: number;
  readonly notAfter: number;
  readonly signer: KeyObject;
  readonly extensions: readonly Uint8Array[];
}

function signed(key: KeyObject, contents: Contents): IssuedPair {
  const { issuer, subject, notBefore, notAfter, signer, extensions } = contents;
  const algorithm = algorithmOf(signer);
  const body = sequence(
    der(0xa0, smallInteger(2)),
    der(TAG.integer, serialNumber()),
    algorithm,
    issuer,
    sequence(time(notBefore), time(notAfter)),
    subject,
    spkiOf(key),
    der(0xa3, sequence(...extensions)),
  );
  const signature = sign("sha256", Buffer.from(body), signer);
  const cert = sequence(body, algorithm, bitString(signature));
  return {
    cert: pemOf(cert),
    key: String(key.export({ type: "pkcs8", format: "pem" })),
  };
}

function newKey(): KeyObject {
  return generateKeyPairSync("ec", { namedCurve: "prime256v1" }).privateKey;
}

function algorithmOf({ asymmetricKeyType: type }: KeyObject): Uint8Array {
  if (type === "ec") return sequence(objectId("1.2.840.10045.4.3.2"));
  if (type === "rsa") return sequence(objectId("1.2.840.113549.1.1.11"), der(0x05));
  throw new Reason(`the key of the authority is of type ${type}, wanted ec or rsa`);
}

/** A positive number of 16 random bytes. */
function serialNumber(): Uint8Array {
  const bytes = Uint8Array.from(randomBytes(16));
  bytes[0] = (bytes[0] ?? 0) & 0x7f | 0x40;
  return bytes;
}

function spkiOf(key: KeyObject): Buffer {
  return createPublicKey(key as unknown as string).export({ type: "spki", format: "der" });
}

/** The SHA-1 hash of the bits of the public key (RFC 5280, 4.2.1.2, method 1). */
function keyId(key: KeyObject): Uint8Array {
  const [, bits] = readSequence(spkiOf(key));
  return createHash("sha1").update(bits?.content.subarray(1) ?? "").digest();
}

function subjectOf(name: string): Uint8Array {
  const common = sequence(objectId(COMMON_NAME), utf8(name.slice(0, MAX_COMMON_NAME)));
  return sequence(der(TAG.set, common));
}

function extension(id: string, content: Uint8Array, isCritical = false): Uint8Array {
  const critical = isCritical ? [TRUE] : [];
  return sequence(objectId(id), ...critical, der(TAG.octetString, content));
}

function pemOf(bytes: Uint8Array): string {
  const lines = btoa(String.fromCharCode(...bytes)).replaceAll(/.{64}(?=.)/g, "$&\n");
  return `-----BEGIN CERTIFICATE-----\n${lines}\n-----END CERTIFICATE-----\n`;
}

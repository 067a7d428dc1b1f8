import { cString } from "../libc.ts";
import { type LibsslSymbols, loadLibssl, takeError } from "./library.ts";

const VERIFY_PEER = 1;
const CONTROL = { mode: 33, chainCertificate: 89, sessionCache: 44, minVersion: 123 } as const;
const RELEASE_BUFFERS = 0x10n; // SSL_MODE_RELEASE_BUFFERS
const PARTIAL_CHAIN = 0x80000n; // X509_V_FLAG_PARTIAL_CHAIN
const NO_TICKETS = 1n << 14n;
const NO_RENEGOTIATION = 1n << 30n;
const VERSIONS = { "1.2": 0x0303n, "1.3": 0x0304n } as const;

/** A version of TLS. */
export type TlsVersion = keyof typeof VERSIONS;

/** The certificates that one end uses and trusts, as PEM texts. */
export interface TlsIdentity {
  /** Its own certificate, then those of the authorities between it and a trusted one. */
  readonly certificate?: string | undefined;
  readonly key?: string | undefined;
  /** The certificates of the trusted authorities. */
  readonly authorities: string;
  readonly minVersion: TlsVersion;
}

/** A text of a {@linkcode TlsIdentity} that OpenSSL refuses. */
export class RefusedIdentity extends Error {
  readonly part: "authorities" | "certificate" | "key";

  constructor(part: RefusedIdentity["part"], reason: string) {
    super(`OpenSSL refuses the ${part}: ${reason}`);
    this.part = part;
  }
}

/** OpenSSL's reason when a PEM text has no further certificate. */
const END = "no start line";

/**
 * What TLS connections of one end have in common. Connections that were made with it keep it alive
 * after it is disposed.
 */
export class TlsContext implements Disposable {
  readonly pointer: Deno.PointerValue;
  readonly #call: LibsslSymbols;

  /** @throws {RefusedIdentity} if a text is not valid or not secure, or the key does not match */
  constructor({ certificate, key, authorities, minVersion }: TlsIdentity) {
    const { call, onVerified } = loadLibssl();
    this.#call = call;
    this.pointer = call.SSL_CTX_new(call.TLS_method());
    try {
      this.#control(CONTROL.minVersion, VERSIONS[minVersion]);
      this.#control(CONTROL.mode, RELEASE_BUFFERS);
      call.SSL_CTX_set_options(this.pointer, NO_RENEGOTIATION | NO_TICKETS);
      // A resumed session would skip the certificates.
      this.#control(CONTROL.sessionCache, 0n);
      call.SSL_CTX_set_num_tickets(this.pointer, 0n);
      call.SSL_CTX_set_verify(this.pointer, VERIFY_PEER, onVerified);
      this.#trust(authorities);
      if (certificate !== undefined) this.#identify(certificate, key ?? "");
      call.ERR_clear_error();
    } catch (error) {
      this[Symbol.dispose]();
      throw error;
    }
  }

  #control(command: number, value: bigint): void {
    const result = this.#call.SSL_CTX_ctrl(this.pointer, command, value, null);
    if (Number(result) <= 0) throw this.#refusal("certificate");
  }

  #trust(pem: string): void {
    const store = this.#call.SSL_CTX_get_cert_store(this.pointer);
    // Accept an authority that another one has signed, not only one that has signed itself.
    this.#call.X509_STORE_set_flags(store, PARTIAL_CHAIN);
    for (const authority of this.#certificates(pem, "authorities")) {
      this.#call.X509_STORE_add_cert(store, authority);
      this.#call.X509_free(authority);
    }
  }

  #identify(pem: string, keyPem: string): void {
    const call = this.#call;
    const [own = null, ...others] = this.#certificates(pem, "certificate");
    const isTaken = call.SSL_CTX_use_certificate(this.pointer, own) === 1;
    call.X509_free(own);
    if (!isTaken) {
      this.#free(others);
      throw this.#refusal("certificate");
    }
    for (const [at, other] of others.entries()) {
      // The context becomes the owner of each certificate that it takes.
      if (call.SSL_CTX_ctrl(this.pointer, CONTROL.chainCertificate, 0n, other) === 1n) continue;
      this.#free(others.slice(at));
      throw this.#refusal("certificate");
    }
    const bio = this.#reader(keyPem);
    // With a passphrase of no characters, OpenSSL does not ask for one at the terminal.
    const key = call.PEM_read_bio_PrivateKey(bio, null, null, cString(""));
    call.BIO_free(bio);
    if (key === null) throw this.#refusal("key");
    call.SSL_CTX_use_PrivateKey(this.pointer, key);
    call.EVP_PKEY_free(key);
    if (call.SSL_CTX_check_private_key(this.pointer) !== 1) throw this.#refusal("key");
  }

  /** The certificates of a PEM text, at least one; the caller frees them. */
  #certificates(pem: string, part: RefusedIdentity["part"]): Deno.PointerObject[] {
    const bio = this.#reader(pem);
    const found: Deno.PointerObject[] = [];
    for (;;) {
      const certificate = this.#call.PEM_read_bio_X509(bio, null, null, cString(""));
      if (certificate === null) break;
      found.push(certificate);
    }
    this.#call.BIO_free(bio);
    const reason = takeError(this.#call);
    if (found.length > 0 && reason === END) return found;
    this.#free(found);
    throw new RefusedIdentity(part, reason);
  }

  #free(certificates: readonly Deno.PointerObject[]): void {
    for (const certificate of certificates) this.#call.X509_free(certificate);
  }

  #reader(text: string): Deno.PointerValue {
    const bytes = new TextEncoder().encode(text);
    const bio = this.#call.BIO_new(this.#call.BIO_s_mem());
    this.#call.BIO_write(bio, bytes, bytes.length);
    return bio;
  }

  #refusal(part: RefusedIdentity["part"]): RefusedIdentity {
    return new RefusedIdentity(part, takeError(this.#call));
  }

  [Symbol.dispose](): void {
    this.#call.SSL_CTX_free(this.pointer);
  }
}

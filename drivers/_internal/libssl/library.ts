import { DriverError, messageOf } from "../../contract/errors.ts";

// The handle of libssl also finds the symbols of libcrypto, to which it is linked.
const SYMBOLS = {
  TLS_method: { parameters: [], result: "pointer" },
  SSL_CTX_new: { parameters: ["pointer"], result: "pointer" },
  SSL_CTX_free: { parameters: ["pointer"], result: "void" },
  SSL_CTX_ctrl: { parameters: ["pointer", "i32", "i64", "pointer"], result: "i64" },
  SSL_CTX_set_options: { parameters: ["pointer", "u64"], result: "u64" },
  SSL_CTX_set_num_tickets: { parameters: ["pointer", "usize"], result: "i32" },
  SSL_CTX_set_verify: { parameters: ["pointer", "i32", "function"], result: "void" },
  SSL_CTX_use_certificate: { parameters: ["pointer", "pointer"], result: "i32" },
  SSL_CTX_use_PrivateKey: { parameters: ["pointer", "pointer"], result: "i32" },
  SSL_CTX_check_private_key: { parameters: ["pointer"], result: "i32" },
  SSL_CTX_get_cert_store: { parameters: ["pointer"], result: "pointer" },
  SSL_new: { parameters: ["pointer"], result: "pointer" },
  SSL_free: { parameters: ["pointer"], result: "void" },
  SSL_set_bio: { parameters: ["pointer", "pointer", "pointer"], result: "void" },
  SSL_set_accept_state: { parameters: ["pointer"], result: "void" },
  SSL_set_connect_state: { parameters: ["pointer"], result: "void" },
  SSL_do_handshake: { parameters: ["pointer"], result: "i32" },
  SSL_read: { parameters: ["pointer", "buffer", "i32"], result: "i32" },
  SSL_write: { parameters: ["pointer", "buffer", "i32"], result: "i32" },
  SSL_get_error: { parameters: ["pointer", "i32"], result: "i32" },
  SSL_shutdown: { parameters: ["pointer"], result: "i32" },
  SSL_get1_peer_certificate: { parameters: ["pointer"], result: "pointer" },
  BIO_s_mem: { parameters: [], result: "pointer" },
  BIO_new: { parameters: ["pointer"], result: "pointer" },
  BIO_up_ref: { parameters: ["pointer"], result: "i32" },
  BIO_free: { parameters: ["pointer"], result: "i32" },
  BIO_read: { parameters: ["pointer", "buffer", "i32"], result: "i32" },
  BIO_write: { parameters: ["pointer", "buffer", "i32"], result: "i32" },
  PEM_read_bio_X509: {
    parameters: ["pointer", "pointer", "pointer", "buffer"],
    result: "pointer",
  },
  PEM_read_bio_PrivateKey: {
    parameters: ["pointer", "pointer", "pointer", "buffer"],
    result: "pointer",
  },
  X509_free: { parameters: ["pointer"], result: "void" },
  EVP_PKEY_free: { parameters: ["pointer"], result: "void" },
  i2d_X509: { parameters: ["pointer", "buffer"], result: "i32" },
  X509_STORE_add_cert: { parameters: ["pointer", "pointer"], result: "i32" },
  X509_STORE_set_flags: { parameters: ["pointer", "u64"], result: "i32" },
  X509_STORE_CTX_get_error: { parameters: ["pointer"], result: "i32" },
  ERR_get_error: { parameters: [], result: "u64" },
  ERR_clear_error: { parameters: [], result: "void" },
  ERR_reason_error_string: { parameters: ["u64"], result: "pointer" },
  X509_verify_cert_error_string: { parameters: ["i64"], result: "pointer" },
} as const satisfies Deno.ForeignLibraryInterface;

/** The C functions of OpenSSL. */
export type LibsslSymbols = Deno.DynamicLibrary<typeof SYMBOLS>["symbols"];

/** OpenSSL, and what all connections of this process share. */
export interface Libssl {
  readonly call: LibsslSymbols;
  /** Where every connection writes what it sends. It is emptied before another one writes. */
  readonly outgoing: Deno.PointerValue;
  /** Notes what is wrong with a certificate, and lets the handshake go on. */
  readonly onVerified: Deno.PointerObject;
  /** Why a certificate that the current call has verified is not trusted: the first reason. */
  fault: string | undefined;
}

const NAME = "libssl.so.3";

let loaded: Libssl | undefined;

/**
 * Loads OpenSSL 3 of the system. It stays loaded until the process ends, since connections outlive
 * the settings that they were made with.
 *
 * @throws {DriverError} `LIBRARY_UNUSABLE`
 */
export function loadLibssl(): Libssl {
  return loaded ??= load();
}

function load(): Libssl {
  const call = open();
  const library: Libssl = {
    call,
    outgoing: call.BIO_new(call.BIO_s_mem()),
    onVerified: new Deno.UnsafeCallback(
      { parameters: ["i32", "pointer"], result: "i32" },
      (isGood, store) => {
        // A failed check may leave errors, which would end the next session that reads.
        call.ERR_clear_error();
        if (isGood === 1) return 1;
        const error = BigInt(call.X509_STORE_CTX_get_error(store));
        library.fault ??= textOf(call.X509_verify_cert_error_string(error));
        return 1;
      },
    ).pointer,
    fault: undefined,
  };
  return library;
}

function open(): LibsslSymbols {
  try {
    return Deno.dlopen(NAME, SYMBOLS).symbols;
  } catch (error) {
    const what = `Cannot load OpenSSL 3 (${NAME}) for TLS: ${messageOf(error)}`;
    throw new DriverError("LIBRARY_UNUSABLE", `${what}: install the package libssl3`, {
      cause: error,
    });
  }
}

function textOf(address: Deno.PointerValue): string {
  return address === null ? "" : new Deno.UnsafePointerView(address).getCString();
}

/** Takes the reason of the last failed call, and forgets all older ones. */
export function takeError(call: LibsslSymbols): string {
  const text = textOf(call.ERR_reason_error_string(call.ERR_get_error()));
  call.ERR_clear_error();
  return text;
}

/** A certificate in DER. */
export function derOf(call: LibsslSymbols, certificate: Deno.PointerValue): Uint8Array {
  const der = new Uint8Array(call.i2d_X509(certificate, null));
  // The function takes the address of the address to write to.
  const address = new BigUint64Array([Deno.UnsafePointer.value(Deno.UnsafePointer.of(der))]);
  call.i2d_X509(certificate, new Uint8Array(address.buffer));
  return der;
}

import type { TlsContext } from "./context.ts";
import { derOf, type Libssl, loadLibssl, takeError } from "./library.ts";

const WANT_READ = 2;
const CLOSED = 6; // SSL_ERROR_ZERO_RETURN

/** What the peer has shown in the handshake. */
export interface PeerIdentity {
  /** Its certificate in DER; undefined if it has shown none. */
  readonly certificate: Uint8Array | undefined;
  /** Why that certificate, or one of an authority, is not trusted. */
  readonly fault: string | undefined;
}

/**
 * One end of TLS, as an exchange of bytes with OpenSSL.
 *
 * Every call but {@linkcode TlsSession.feed} may write. Before another session is called,
 * {@linkcode TlsSession.output} has to take what was written: all sessions share that memory.
 */
export class TlsSession {
  readonly #libssl: Libssl;
  readonly #pointer: Deno.PointerValue;
  /** What OpenSSL reads from. */
  readonly #incoming: Deno.PointerValue;
  #fault: string | undefined;
  /** Whether there may be bytes that are not read. */
  mayHold = false;
  /** Why nothing more can be read: empty after a regular end, undefined before the end. */
  ended: string | undefined;

  /** @throws {DriverError} `LIBRARY_UNUSABLE` */
  constructor(context: TlsContext, side: "client" | "server") {
    this.#libssl = loadLibssl();
    const { call, outgoing } = this.#libssl;
    this.#pointer = call.SSL_new(context.pointer);
    this.#incoming = call.BIO_new(call.BIO_s_mem());
    // SSL_free releases both.
    call.BIO_up_ref(outgoing);
    call.SSL_set_bio(this.#pointer, this.#incoming, outgoing);
    if (side === "server") call.SSL_set_accept_state(this.#pointer);
    else call.SSL_set_connect_state(this.#pointer);
  }

  /** Takes bytes of the peer. */
  feed(bytes: Uint8Array<ArrayBuffer>): void {
    this.mayHold = true;
    this.#libssl.call.BIO_write(this.#incoming, bytes, bytes.length);
  }

  /** Moves what was written to the front of `into`. Returns 0 when there is nothing. */
  output(into: Uint8Array<ArrayBuffer>): number {
    const { call, outgoing } = this.#libssl;
    return Math.max(0, call.BIO_read(outgoing, into, into.length));
  }

  /** Goes on with the handshake. Returns whether it is done; a string is an error. */
  shake(): boolean | string {
    const { call } = this.#libssl;
    this.#libssl.fault = undefined;
    const result = call.SSL_do_handshake(this.#pointer);
    this.#fault ??= this.#libssl.fault;
    if (result === 1) return true;
    return call.SSL_get_error(this.#pointer, result) === WANT_READ ? false : takeError(call);
  }

  /** What the peer has shown, once the handshake is done. */
  get peer(): PeerIdentity {
    const { call } = this.#libssl;
    const pointer = call.SSL_get1_peer_certificate(this.#pointer);
    const certificate = pointer === null ? undefined : derOf(call, pointer);
    call.X509_free(pointer);
    return { certificate, fault: this.#fault };
  }

  /** Reads until `into` is full or no whole record is left. Returns the number of bytes. */
  read(into: Uint8Array<ArrayBuffer>): number {
    const { call } = this.#libssl;
    let count = 0;
    while (this.mayHold && count < into.length) {
      const room = count === 0 ? into : into.subarray(count);
      const bytes = call.SSL_read(this.#pointer, room, room.length);
      if (bytes > 0) count += bytes;
      else this.#onNothing(call.SSL_get_error(this.#pointer, bytes));
    }
    return count;
  }

  #onNothing(error: number): void {
    this.mayHold = false;
    if (error === CLOSED) this.ended = "";
    else if (error !== WANT_READ) this.ended = takeError(this.#libssl.call);
  }

  /** Writes records of up to 16 KiB. If this fails, the session has ended. */
  write(bytes: Uint8Array<ArrayBuffer>): void {
    const { call } = this.#libssl;
    if (call.SSL_write(this.#pointer, bytes, bytes.length) > 0) return;
    // Without an error, the peer has sent only the beginning of a message of TLS.
    this.ended ??= takeError(call) || "a message of the peer is incomplete";
  }

  /** Writes that nothing follows. */
  finish(): void {
    const { call } = this.#libssl;
    // All sessions share the queue of errors: one that is left ends the next session that reads.
    if (call.SSL_shutdown(this.#pointer) < 0) call.ERR_clear_error();
  }

  free(): void {
    this.#libssl.call.SSL_free(this.#pointer);
  }
}

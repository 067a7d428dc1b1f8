import type { Socket } from "node:net";
import type { TLSSocket } from "node:tls";
import type { TlsFault } from "./tls_fault.ts";

/** The end of a server of a TLS connection, in the shape of a `Deno.Conn`. */
export class TlsConnection {
  readonly remoteAddr: { readonly hostname: string };
  readonly localAddr: { readonly hostname: string };
  readonly #raw: Socket;
  readonly #shakeHands: () => Promise<{ socket: TLSSocket; fault: TlsFault | undefined }>;
  #socket: TLSSocket | undefined;
  #reader: AsyncIterator<Uint8Array> | undefined;
  #fault: TlsFault | undefined;
  #rest: Uint8Array = new Uint8Array(0);

  constructor(
    raw: Socket,
    shakeHands: () => Promise<{ socket: TLSSocket; fault: TlsFault | undefined }>,
  ) {
    this.#raw = raw;
    this.#shakeHands = shakeHands;
    this.remoteAddr = { hostname: raw.remoteAddress ?? "" };
    this.localAddr = { hostname: raw.localAddress ?? "" };
  }

  /** Needed before anything else. @throws {Error} if the client does not speak TLS, or leaves */
  async handshake(): Promise<void> {
    const { socket, fault } = await this.#shakeHands();
    this.#socket = socket;
    this.#fault = fault;
    this.#reader = socket[Symbol.asyncIterator]();
  }

  /** What is wrong with the certificate of the client; undefined if it is valid and allowed. */
  get clientFault(): string | undefined {
    return this.#fault?.reason;
  }

  async read(into: Uint8Array): Promise<number | null> {
    if (this.#rest.length === 0) {
      const next = await this.#reader?.next();
      if (next === undefined || next.done) return null;
      this.#rest = next.value;
    }
    const taken = this.#rest.subarray(0, into.length);
    into.set(taken);
    this.#rest = this.#rest.subarray(taken.length);
    return taken.length;
  }

  write(bytes: Uint8Array): Promise<number> {
    const { promise, resolve, reject } = Promise.withResolvers<number>();
    const onClose = () => reject(new Error("the connection was closed"));
    this.#raw.once("close", onClose);
    this.#socket?.write(bytes, (error) => {
      this.#raw.off("close", onClose);
      error ? reject(error) : resolve(bytes.length);
    });
    return promise;
  }

  closeWrite(): Promise<void> {
    this.#socket?.end();
    return Promise.resolve();
  }

  close(): void {
    this.#socket?.destroy();
    this.#raw.destroy();
  }
}

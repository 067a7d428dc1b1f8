import { createHash } from "node:crypto";
import { once } from "node:events";
import { createServer as createTcpServer, type Server as TcpServer, type Socket } from "node:net";
import { createServer, type Server, type TLSSocket } from "node:tls";
import { invalidOption } from "../../contract/invalid_option.ts";
import type { OptionDef, Settings } from "../../contract/option.ts";
import type { TlsFileOptions } from "../../contract/tls_options.ts";
import { requireRuntimeKey } from "./runtime_tls.ts";
import { TlsConnection } from "./tls_connection.ts";
import { allowedBy, certificateFault, type TlsFault } from "./tls_fault.ts";
import { readTlsFiles, requireServerCertificate, type TlsMaterial } from "./tls_files.ts";
import { peerOf } from "./tls_peer.ts";
import { WatchedTlsFiles, type WatchedTlsFilesOptions } from "./watched_tls_files.ts";

/** Options of {@linkcode TlsListener}. */
export interface TlsListenerOptions extends WatchedTlsFilesOptions {
  readonly hostname: string;
  readonly port: number;
  /** Patterns for the names of clients. @default any certificate of the authorities */
  readonly allowedNames?: OptionDef<readonly string[]>;
}

/** Connections that nothing has accepted yet; the next ones are refused. */
const MAX_PENDING = 64;
const MAX_VERIFIED = 10_000;

function unverified(caFile: OptionDef<string>): TlsFault {
  const reason =
    `it resumes a session with a certificate that no authority in ${caFile.name} has ` +
    "verified: connect without that session";
  return { kind: "unknown_authority", reason };
}

/** A TLS server with one version of the files. */
interface SecureServer {
  readonly material: TlsMaterial;
  readonly server: Server;
  /** Hashes of the client certificates that its authorities have verified. */
  readonly verified: Set<string>;
}

/**
 * Listens for TLS, and asks clients for a certificate if there is a file of authorities. A client
 * without a valid one is connected, too: {@linkcode TlsConnection.clientFault} says what is wrong.
 */
export class TlsListener implements AsyncDisposable {
  readonly scheme = "https";
  readonly addr: { readonly hostname: string; readonly port: number };
  readonly #files: WatchedTlsFiles;
  readonly #options: TlsListenerOptions;
  readonly #server: TcpServer;
  readonly #pending: TlsConnection[] = [];
  /** Handshakes by the address of the client. */
  readonly #handshakes = new Map<string, PromiseWithResolvers<TLSSocket>>();
  #waiting: PromiseWithResolvers<TlsConnection> | undefined;
  #secureServer: SecureServer | undefined;
  #isClosed = false;

  /**
   * @throws {DriverError} `FILE_UNUSABLE`, or `CONFIG_INVALID` on a Deno without TLS servers
   * @throws {Error} with a code, as `EADDRINUSE`
   */
  static async open(options: TlsListenerOptions): Promise<TlsListener> {
    const { hostname, port, ...watched } = options;
    await using undo = new AsyncDisposableStack();
    const { settings } = watched;
    const onChange = (material: TlsMaterial) => requireServer(settings, watched.files, material);
    const files = undo.use(await WatchedTlsFiles.open({ ...watched, onChange }));
    onChange(files.current);
    const server = createTcpServer({ allowHalfOpen: true });
    server.listen({ host: hostname, port });
    await once(server, "listening");
    const addr = { hostname, port: (server.address() as { port: number }).port };
    undo.move();
    return new TlsListener(server, addr, files, options);
  }

  private constructor(
    server: TcpServer,
    addr: TlsListener["addr"],
    files: WatchedTlsFiles,
    options: TlsListenerOptions,
  ) {
    this.#server = server;
    this.addr = addr;
    this.#files = files;
    this.#options = options;
    server.on("connection", (socket) => this.#take(socket));
    // Without descriptors a connection is lost, but not the listener.
    server.on("error", () => {});
  }

  #take(socket: Socket): void {
    socket.on("error", () => {});
    if (this.#pending.length >= MAX_PENDING) return void socket.destroy();
    const connection = new TlsConnection(socket, () => this.#shakeHands(socket));
    if (this.#waiting === undefined) return void this.#pending.push(connection);
    this.#waiting.resolve(connection);
    this.#waiting = undefined;
  }

  /** The next connection; its handshake begins with {@linkcode TlsConnection.handshake}. */
  accept(): Promise<TlsConnection> {
    if (this.#isClosed) return Promise.reject(new Error("the listener is closed"));
    const next = this.#pending.shift();
    if (next !== undefined) return Promise.resolve(next);
    this.#waiting = Promise.withResolvers();
    return this.#waiting.promise;
  }

  async #shakeHands(socket: Socket): Promise<{ socket: TLSSocket; fault: TlsFault | undefined }> {
    const closed = new Error("the connection was closed");
    // If the client left while the connection was pending, `close` was emitted before.
    if (socket.destroyed) throw closed;
    const key = `${socket.remoteAddress}:${socket.remotePort}`;
    const secured = Promise.withResolvers<TLSSocket>();
    this.#handshakes.set(key, secured);
    socket.once("close", () => secured.reject(closed));
    try {
      const secureServer = this.#serverNow();
      secureServer.server.emit("connection", socket);
      const secure = await secured.promise;
      return { socket: secure, fault: this.#judge(secure, secureServer) };
    } finally {
      this.#handshakes.delete(key);
    }
  }

  /** The server for the files in use; earlier ones live as long as their handshakes. */
  #serverNow(): SecureServer {
    const material = this.#files.current;
    const last = this.#secureServer;
    if (last?.material === material) return last;
    const { texts } = material;
    const asksClients = texts.ca !== undefined;
    const server = createServer({ ...texts, requestCert: asksClients, rejectUnauthorized: false });
    server.on("secureConnection", (socket) => {
      socket.on("error", () => {});
      this.#handshakes.get(`${socket.remoteAddress}:${socket.remotePort}`)?.resolve(socket);
    });
    server.on("tlsClientError", (_error, socket) => socket.destroy());
    const isSameTrust = last?.material.texts.ca === texts.ca;
    const verified = isSameTrust ? last?.verified ?? new Set<string>() : new Set<string>();
    return this.#secureServer = { material, server, verified };
  }

  #judge(socket: TLSSocket, { material, verified }: SecureServer): TlsFault | undefined {
    if (material.texts.ca === undefined) {
      return { kind: "no_certificate", reason: "there is no file of authorities" };
    }
    const { settings, files, allowedNames } = this.#options;
    const peer = peerOf(socket);
    const fault = certificateFault({
      ...{ ...peer, purpose: "client", now: Date.now(), authoritiesOption: files.caFile.name },
      allowed: allowedNames && allowedBy(allowedNames, settings),
    });
    if (peer.error !== undefined || peer.der === undefined) return fault;
    // The runtime trusts every resumed session, also one that began with an untrusted certificate.
    const id = createHash("sha256").update(peer.der).digest("base64");
    if (socket.isSessionReused()) {
      return fault ?? (verified.has(id) ? undefined : unverified(files.caFile));
    }
    if (verified.size >= MAX_VERIFIED) verified.clear();
    verified.add(id);
    return fault;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#isClosed = true;
    this.#server.close();
    for (const connection of this.#pending.splice(0)) connection.close();
    this.#waiting?.reject(new Error("the listener is closed"));
    await this.#files[Symbol.asyncDispose]();
  }
}

/**
 * Checks whether a server can use the files, if they name a certificate.
 *
 * @throws {DriverError} as {@linkcode TlsListener.open}
 */
export async function checkServerTls(settings: Settings, files: TlsFileOptions): Promise<void> {
  const material = await readTlsFiles(settings, files);
  if (material.certificate !== undefined) requireServer(settings, files, material);
}

function requireServer(settings: Settings, files: TlsFileOptions, material: TlsMaterial): void {
  requireTlsServers(settings, files);
  requireRuntimeKey(settings, files, material);
  requireServerCertificate(settings, files, material);
}

/** @throws {DriverError} `CONFIG_INVALID` */
function requireTlsServers(settings: Settings, files: TlsFileOptions): void {
  if ("setSecureContext" in createServer({})) return;
  const { deno } = Deno.version;
  const what = `Deno ${deno} has no TLS server that asks for certificates, wanted 2.9`;
  throw invalidOption(settings, files.certFile, what);
}

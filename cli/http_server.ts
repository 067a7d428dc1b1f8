import type { PageRequest, PageResponse } from "../service/observability/health_pages.ts";
import { readRequest } from "./http_request.ts";

/** The most connections at a time; more are closed at once. */
const MAX_CONNECTIONS = 32;
const CONNECTION_TIMEOUT_MS = 5_000;
/** After a failure to accept, such as no descriptor left. */
const ACCEPT_PAUSE_MS = 100;
const MAX_LEFTOVER_BYTES = 64 * 1024;

const REASONS: Readonly<Record<number, string>> = {
  200: "OK",
  400: "Bad Request",
  404: "Not Found",
  405: "Method Not Allowed",
  431: "Request Header Fields Too Large",
  500: "Internal Server Error",
  503: "Service Unavailable",
};

/** What is sent back; {@linkcode PageResponse} is one. */
type Response = Omit<PageResponse, "status"> & { readonly status: number };

/** Makes the answer to a request; may take as long as a connection. */
export type Answer = (request: PageRequest) => Promise<PageResponse>;

/** How an {@linkcode HttpServer} is bounded. */
export interface HttpServerOptions {
  /** The longest a connection may take, from its first octet to its last. @default 5,000 */
  readonly timeoutMs?: number;
}

/**
 * A small HTTP/1.1 server for small pages: one request a connection, no bodies taken.
 *
 * Everything is bounded: connections, their time, the head of a request. So it can neither take the
 * service's memory nor its descriptors, whoever connects, and needs no second HTTP library.
 */
export class HttpServer implements AsyncDisposable {
  /** Where it answers, with the port really in use. */
  readonly url: string;
  readonly #listener: Deno.TcpListener;
  readonly #answer: Answer;
  readonly #timeoutMs: number;
  readonly #connections = new Map<Deno.TcpConn, Promise<void>>();
  readonly #accepting: Promise<void>;
  #isClosed = false;

  /** @throws {Deno.errors.AddrInUse | Deno.errors.AddrNotAvailable} when it cannot listen there */
  constructor(
    at: { readonly hostname: string; readonly port: number },
    answer: Answer,
    options: HttpServerOptions = {},
  ) {
    this.#listener = Deno.listen(at);
    this.#answer = answer;
    this.#timeoutMs = options.timeoutMs ?? CONNECTION_TIMEOUT_MS;
    const { hostname, port } = this.#listener.addr;
    this.url = `http://${hostname.includes(":") ? `[${hostname}]` : hostname}:${port}`;
    this.#accepting = this.#acceptAll();
  }

  async #acceptAll(): Promise<void> {
    while (!this.#isClosed) {
      try {
        this.#take(await this.#listener.accept());
      } catch {
        if (!this.#isClosed) await pause(ACCEPT_PAUSE_MS);
      }
    }
  }

  #take(connection: Deno.TcpConn): void {
    if (this.#connections.size >= MAX_CONNECTIONS) return connection.close();
    const done = this.#converse(connection).finally(() => this.#connections.delete(connection));
    this.#connections.set(connection, done);
  }

  // What goes wrong on a connection is the peer's: it is closed, and nobody is told.
  async #converse(connection: Deno.TcpConn): Promise<void> {
    const timer = setTimeout(() => close(connection), this.#timeoutMs);
    try {
      const request = await readRequest(connection);
      if (request === undefined) return;
      const isHead = "method" in request && request.method === "HEAD";
      await writeAll(connection, responseText(await this.#respond(request), isHead));
      await connection.closeWrite();
      await takeLeftover(connection);
    } catch {
      // It has gone, or took too long.
    } finally {
      clearTimeout(timer);
      close(connection);
    }
  }

  async #respond(request: PageRequest | { readonly status: 400 | 431 }): Promise<Response> {
    if ("status" in request) return plain(request.status);
    try {
      return await this.#answer(request);
    } catch {
      return plain(500);
    }
  }

  /** Listens no more and closes every connection. */
  async [Symbol.asyncDispose](): Promise<void> {
    if (this.#isClosed) return;
    this.#isClosed = true;
    this.#listener.close();
    // One may be accepted just now: only then are they all known.
    await this.#accepting;
    for (const connection of this.#connections.keys()) close(connection);
    await Promise.all(this.#connections.values());
  }
}

function plain(status: number): Response {
  const body = `${REASONS[status]?.toLowerCase()}\n`;
  return { status, headers: { "content-type": "text/plain; charset=utf-8" }, body };
}

function responseText({ status, headers, body }: Response, isHead: boolean): Uint8Array {
  const octets = new TextEncoder().encode(body);
  const all = { ...headers, "content-length": String(octets.length), connection: "close" };
  const lines = Object.entries(all).map(([name, value]) => `${name}: ${value}\r\n`);
  const head = `HTTP/1.1 ${status} ${REASONS[status] ?? ""}\r\n${lines.join("")}\r\n`;
  return new TextEncoder().encode(isHead ? head : head + body);
}

async function writeAll(connection: Deno.TcpConn, octets: Uint8Array): Promise<void> {
  for (let sent = 0; sent < octets.length;) {
    sent += await connection.write(octets.subarray(sent));
  }
}

// To close on octets that nobody has read resets the connection, and the answer may be lost.
async function takeLeftover(connection: Deno.TcpConn): Promise<void> {
  const buffer = new Uint8Array(4096);
  for (let taken = 0; taken < MAX_LEFTOVER_BYTES;) {
    const bytes = await connection.read(buffer);
    if (bytes === null) return;
    taken += bytes;
  }
}

function close(connection: Deno.TcpConn): void {
  try {
    connection.close();
  } catch {
    // It is closed already.
  }
}

function pause(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}

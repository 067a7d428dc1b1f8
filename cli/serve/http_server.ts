import { sleep } from "../../drivers/contract/waiting.ts";
import { HttpConnections, type PlacedConnection } from "./http_connections.ts";
import { HttpHosts, type HttpHostsOptions } from "./http_hosts.ts";
import type { HttpClient, HttpConnection, HttpListener } from "./http_listener.ts";
import { type BadRequest, type HttpRequest, readRequest } from "./http_request.ts";
import { headText, type HttpResponse, plain, responseParts } from "./http_response.ts";
import { oneLine } from "../terminal/log.ts";

/** A scraper and a probe need one connection each; one address cannot have all of them. */
const CONNECTIONS = { max: 64, maxPerAddress: 32, minAgeMs: 50 } as const;
/** The connections that may have endless responses. */
const STREAMS = { max: 16, maxPerAddress: 8, minAgeMs: 0 } as const;
/** Maximum time for which a client that vanished silently keeps its place. */
const STREAM_MS = 600_000;
const CONNECTION_TIMEOUT_MS = 5_000;
/** Pause after a failure to accept, for example without free descriptors. */
const ACCEPT_PAUSE_MS = 100;
const MAX_LEFTOVER_BYTES = 64 * 1024;

const encoder = new TextEncoder();

/** Creates the response to a request; it may take as long as a connection. */
export type Answer = (request: HttpRequest, client: HttpClient) => Promise<HttpResponse>;

/** Options of an {@linkcode HttpServer}. */
export interface HttpServerOptions {
  /** Maximum duration of a connection. @default 5,000 */
  readonly timeoutMs?: number;
  /** Accepted values of the header `Host` besides `localhost`, where it is checked. */
  readonly hosts?: HttpHostsOptions;
}

/**
 * A small HTTP/1.1 server for small pages: one request per connection, without request bodies.
 *
 * Connections, their duration and the head of a request are limited. So no client can exhaust the
 * service's memory or descriptors, or shut out others, and no HTTP library is needed.
 */
export class HttpServer implements AsyncDisposable {
  /** Its address, with the actual port. */
  readonly url: string;
  readonly #listener: HttpListener;
  readonly #answer: Answer;
  readonly #timeoutMs: number;
  readonly #hosts: HttpHosts;
  readonly #connections = new HttpConnections(CONNECTIONS);
  readonly #streams = new HttpConnections(STREAMS);
  readonly #conversations = new Set<Promise<void>>();
  readonly #accepting: Promise<void>;
  #isClosed = false;

  /** @param listener is closed together with this */
  constructor(listener: HttpListener, answer: Answer, options: HttpServerOptions = {}) {
    this.#listener = listener;
    this.#answer = answer;
    this.#timeoutMs = options.timeoutMs ?? CONNECTION_TIMEOUT_MS;
    this.#hosts = new HttpHosts(options.hosts ?? {});
    const { hostname, port } = this.#listener.addr;
    this.url = `${this.#listener.scheme}://${
      hostname.includes(":") ? `[${hostname}]` : hostname
    }:${port}`;
    this.#accepting = this.#acceptAll();
  }

  async #acceptAll(): Promise<void> {
    while (!this.#isClosed) {
      try {
        await this.#take(await this.#listener.accept());
      } catch {
        if (!this.#isClosed) await sleep(ACCEPT_PAUSE_MS);
      }
    }
  }

  /** While this waits for room, later connections stay in the kernel's queue, in their order. */
  async #take(connection: HttpConnection): Promise<void> {
    const address = connection.remoteAddr.hostname;
    const since = performance.now();
    const placed = { address, since, isBusy: false, close: () => close(connection) };
    for (let waitMs = Infinity; waitMs > 0;) {
      waitMs = this.#connections.add(placed, performance.now());
      if (waitMs === Infinity || this.#isClosed) return connection.close();
      if (waitMs > 0) await sleep(waitMs);
    }
    const done = this.#converse(connection, placed).finally(() => {
      this.#connections.remove(placed);
      this.#conversations.delete(done);
    });
    this.#conversations.add(done);
  }

  // An error on a connection is the peer's fault: the connection is closed without a log line.
  async #converse(connection: HttpConnection, placed: PlacedConnection): Promise<void> {
    const timer = setTimeout(() => close(connection), this.#timeoutMs);
    try {
      await connection.handshake?.();
      const request = await readRequest(connection);
      if (request === undefined) return;
      const isHead = "method" in request && request.method === "HEAD";
      placed.isBusy = true;
      const response = await this.#respond(request, connection);
      const { body } = response;
      if (body instanceof ReadableStream) {
        clearTimeout(timer);
        return await this.#stream(connection, placed, { ...response, body });
      }
      const parts = await responseParts(response, body, isHead);
      placed.isBusy = false;
      for (const part of parts) await writeAll(connection, part);
      await connection.closeWrite();
      await takeLeftover(connection);
    } catch {
      // The peer has disconnected, or took too long.
    } finally {
      clearTimeout(timer);
      close(connection);
    }
  }

  /** The connection stays busy and keeps its place: a new connection does not close it. */
  async #stream(
    connection: HttpConnection,
    placed: PlacedConnection,
    response: HttpResponse & { readonly body: ReadableStream<string> },
  ): Promise<void> {
    const reader = response.body.getReader();
    const end = setTimeout(() => close(connection), STREAM_MS);
    try {
      if (this.#streams.add(placed, performance.now()) > 0) {
        const full = plain(503, "too many pages are open");
        for (const part of await responseParts(full, full.body, false)) {
          await this.#writeInTime(connection, part);
        }
        return;
      }
      // After its request, the client sends nothing but its disconnection.
      void takeLeftover(connection).catch(() => {}).finally(() => reader.cancel());
      await this.#writeInTime(connection, encoder.encode(headText(response)));
      for (let part = await reader.read(); !part.done; part = await reader.read()) {
        await this.#writeInTime(connection, encoder.encode(part.value));
      }
    } finally {
      clearTimeout(end);
      this.#streams.remove(placed);
      await reader.cancel();
    }
  }

  async #writeInTime(connection: HttpConnection, bytes: Uint8Array): Promise<void> {
    const timer = setTimeout(() => close(connection), this.#timeoutMs);
    try {
      await writeAll(connection, bytes);
    } finally {
      clearTimeout(timer);
    }
  }

  async #respond(
    request: HttpRequest | BadRequest,
    connection: HttpConnection,
  ): Promise<HttpResponse> {
    if ("status" in request) return plain(request.status);
    try {
      const { host } = request;
      if (await this.#hosts.accepts(host, connection.localAddr.hostname)) {
        return await this.#answer(request, { certificate: certificateOf(connection) });
      }
      const shown = oneLine((host ?? "").slice(0, 80));
      const wanted = "wanted a name of this host, or one of [df] http_allowed_hosts";
      return plain(421, `Host "${shown}": not accepted, ${wanted}`);
    } catch {
      return plain(500);
    }
  }

  /** Stops listening and closes every connection. */
  async [Symbol.asyncDispose](): Promise<void> {
    if (this.#isClosed) return;
    this.#isClosed = true;
    await this.#listener[Symbol.asyncDispose]();
    // One connection may just have been accepted: after that, all are known.
    await this.#accepting;
    this.#connections.closeAll();
    await Promise.all(this.#conversations);
  }
}

function certificateOf(
  { handshake, clientFault: fault }: HttpConnection,
): HttpClient["certificate"] {
  if (handshake === undefined) return undefined;
  return fault === undefined ? "valid" : { fault };
}

async function writeAll(connection: HttpConnection, bytes: Uint8Array): Promise<void> {
  for (let sent = 0; sent < bytes.length;) {
    sent += await connection.write(bytes.subarray(sent));
  }
}

// Closing a connection with unread bytes resets it, and the response may be lost.
async function takeLeftover(connection: HttpConnection): Promise<void> {
  const buffer = new Uint8Array(4096);
  for (let taken = 0; taken < MAX_LEFTOVER_BYTES;) {
    const bytes = await connection.read(buffer);
    if (bytes === null) return;
    taken += bytes;
  }
}

function close(connection: HttpConnection): void {
  try {
    connection.close();
  } catch {
    // It is closed already.
  }
}

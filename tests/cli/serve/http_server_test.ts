import assert from "node:assert/strict";
import { connect } from "node:net";
import { MAX_HEAD_BYTES } from "../../../cli/serve/http_request.ts";
import { listenPlain } from "../../../cli/serve/http_listener.ts";
import { type Answer, HttpServer } from "../../../cli/serve/http_server.ts";

const LOOPBACK = { hostname: "127.0.0.1", port: 0 };

const echo: Answer = ({ method, target, accept }) =>
  Promise.resolve({
    status: 200,
    headers: { "x-a": "b" },
    body: `${method} ${target} ${accept}\n`,
  });

/** Sends raw bytes and reads to the end. */
async function exchange(server: HttpServer, ...parts: readonly string[]): Promise<string> {
  using connection = await Deno.connect({ ...LOOPBACK, port: Number(new URL(server.url).port) });
  for (const part of parts) await connection.write(new TextEncoder().encode(part));
  return await rest(connection);
}

async function rest(connection: Deno.TcpConn): Promise<string> {
  let text = "";
  const buffer = new Uint8Array(4096);
  for (let bytes = await connection.read(buffer); bytes !== null;) {
    text += new TextDecoder().decode(buffer.subarray(0, bytes));
    bytes = await connection.read(buffer);
  }
  return text;
}

Deno.test("HttpServer answers a request and closes the connection", async () => {
  await using server = new HttpServer(listenPlain(LOOPBACK), echo);
  assert.match(server.url, /^http:\/\/127\.0\.0\.1:\d+$/);
  assert.equal(
    await exchange(server, "GET /a?b HTTP/1.1\r\nHost: localhost\r\nAccept: c\r\n\r\n"),
    "HTTP/1.1 200 OK\r\nx-a: b\r\ncontent-length: 11\r\nconnection: close\r\n\r\nGET /a?b c\n",
  );
});

Deno.test("HttpServer reads a request in pieces, and serves the platform's client", async () => {
  await using server = new HttpServer(listenPlain(LOOPBACK), echo);
  const text = await exchange(server, "GET / HT", "TP/1.0\r\nacc", "ept: c\r\n", "\r\n");
  assert.match(text, /\r\n\r\nGET \/ c\n$/);
  const response = await fetch(`${server.url}/x`, { headers: { accept: "d" } });
  assert.equal(await response.text(), "GET /x d\n");
});

Deno.test("HttpServer sends the length of a body to a HEAD, and no body", async () => {
  await using server = new HttpServer(listenPlain(LOOPBACK), echo);
  const text = await exchange(server, "HEAD / HTTP/1.0\r\n\r\n");
  assert.match(text, /content-length: 8\r\nconnection: close\r\n\r\n$/);
});

Deno.test("HttpServer sends a body in parts as one, with the length of all", async () => {
  const body = ["é1\n", "", "2\n"];
  await using server = new HttpServer(
    listenPlain(LOOPBACK),
    () => Promise.resolve({ status: 200, headers: {}, body }),
  );
  const head = "HTTP/1.1 200 OK\r\ncontent-length: 6\r\nconnection: close\r\n\r\n";
  assert.equal(await exchange(server, "GET / HTTP/1.0\r\n\r\n"), `${head}é1\n2\n`);
  assert.equal(await exchange(server, "HEAD / HTTP/1.0\r\n\r\n"), head);
});

Deno.test("HttpServer refuses an invalid request and one with too long a head", async () => {
  await using server = new HttpServer(listenPlain(LOOPBACK), echo);
  const bad = [
    "x\r\n\r\n",
    "GET  / HTTP/1.1\r\n\r\n",
    "GET / HTTP/2\r\n\r\n",
    "GET x HTTP/1.1\r\n\r\n",
    "GET http://localhost/ HTTP/1.1\r\nHost: localhost\r\n\r\n",
    "GET / HTTP/1.1\r\n\r\n",
    "GET / HTTP/1.1\r\nHost: localhost\r\nhost: localhost\r\n\r\n",
    "GET / HTTP/1.0\r\nHost : localhost\r\n\r\n",
    "GET / HTTP/1.0\r\nx: y\r\n folded\r\n\r\n",
  ];
  for (const request of bad) assert.match(await exchange(server, request), /^HTTP\/1\.1 400 /);
  const long = `GET / HTTP/1.1\r\nx: ${"y".repeat(MAX_HEAD_BYTES)}`;
  assert.match(await exchange(server, long), /^HTTP\/1\.1 431 /);
});

Deno.test("HttpServer answers 500, when the page fails", async () => {
  await using server = new HttpServer(
    listenPlain(LOOPBACK),
    () => Promise.reject(new Error("secret")),
  );
  const text = await exchange(server, "GET / HTTP/1.0\r\n\r\n");
  assert.match(text, /^HTTP\/1\.1 500 /);
  assert.doesNotMatch(text, /secret/);
});

Deno.test("HttpServer answers 421 with the reason, when the Host is not a name of a loopback address", async () => {
  const hosts = {
    names: ["metrics.example", "192.0.2.7"],
    fullName: () => Promise.resolve("n1.example"),
  };
  await using server = new HttpServer(listenPlain(LOOPBACK), echo, { hosts });
  const get = (host: string) => exchange(server, `GET / HTTP/1.1\r\nHost: ${host}\r\n\r\n`);
  const accepted = ["localhost:1", "LOCALHOST.", "127.0.0.1:8868", "[::1]:80", "192.0.2.7"];
  accepted.push("metrics.example", "n1.example", "n1");
  for (const host of accepted) assert.match(await get(host), /^HTTP\/1\.1 200 /, host);
  for (
    const host of ["evil.example", "127.0.0.1.evil.example", "localhost.evil", "192.0.2.8", ""]
  ) {
    const text = await get(host);
    assert.match(text, /^HTTP\/1\.1 421 Misdirected Request\r\n/, host);
    assert.ok(text.includes(`Host "${host}": not accepted, wanted a name of this host`), text);
  }
});

Deno.test("HttpServer accepts any Host, when * is among the names", async () => {
  await using server = new HttpServer(listenPlain(LOOPBACK), echo, { hosts: { names: ["*"] } });
  const text = await exchange(server, "GET / HTTP/1.1\r\nHost: any.example\r\n\r\n");
  assert.match(text, /^HTTP\/1\.1 200 /);
});

/** Clients that each send part of a request, and reconnect whenever they are disconnected. */
class SlowClients implements AsyncDisposable {
  /** Number of connections made. */
  connected = 0;
  readonly #done = new AbortController();
  readonly #running: readonly Promise<void>[];

  constructor(server: HttpServer, count: number, addresses: readonly string[]) {
    const port = Number(new URL(server.url).port);
    const run = (_: unknown, index: number) => this.#run(port, addresses[index % addresses.length]);
    this.#running = Array.from({ length: count }, run);
  }

  async #run(port: number, localAddress = ""): Promise<void> {
    const { signal } = this.#done;
    while (!signal.aborted) {
      const socket = connect({ host: LOOPBACK.hostname, port, localAddress });
      const stop = () => socket.destroy();
      signal.addEventListener("abort", stop, { once: true });
      socket.on("error", stop).on("connect", () => {
        this.connected++;
        socket.write("GET / HTTP/1.1\r\n");
      });
      await new Promise((resolve) => socket.resume().once("close", resolve));
      signal.removeEventListener("abort", stop);
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#done.abort();
    await Promise.all(this.#running);
  }
}

/** Number of connections that get and lose a place within a second, each as soon as it may. */
const MAX_RENEWED = 640;

/** What a client of the platform gets; nothing when it was so slow itself that it lost its place. */
async function textAt(url: string): Promise<string | undefined> {
  const signal = AbortSignal.timeout(20_000);
  const response = await fetch(url, { signal }).catch(() => signal.throwIfAborted());
  return await response?.text();
}

for (
  const addresses of [["127.0.0.1"], [
    "127.0.0.1",
    "127.0.0.2",
    "127.0.0.3",
    "127.0.0.4",
    "127.0.0.5",
  ]]
) {
  Deno.test(`HttpServer answers before 80 slow clients of ${addresses.length} addresses renew their connections ${MAX_RENEWED} times`, async () => {
    // None of them is closed because its time is over.
    await using server = new HttpServer(listenPlain(LOOPBACK), echo, { timeoutMs: 600_000 });
    await using slow = new SlowClients(server, 80, addresses);
    for (let round = 0; round < 10; round++) {
      const before = slow.connected;
      while (await textAt(`${server.url}/x`) !== "GET /x */*\n") {
        assert(slow.connected - before <= MAX_RENEWED, "they shut it out");
      }
      assert(slow.connected - before <= MAX_RENEWED, `answered after ${slow.connected - before}`);
    }
  });
}

Deno.test("HttpServer closes open connections, when it ends", async () => {
  const connections: Deno.TcpConn[] = [];
  {
    await using server = new HttpServer(listenPlain(LOOPBACK), echo);
    const port = Number(new URL(server.url).port);
    for (let count = 0; count < 5; count++) {
      connections.push(await Deno.connect({ ...LOOPBACK, port }));
    }
  }
  for (const connection of connections) {
    assert.equal(await rest(connection).catch(() => ""), "");
    connection.close();
  }
});

Deno.test("HttpServer closes a connection that takes too long, whatever it has sent", async () => {
  await using server = new HttpServer(listenPlain(LOOPBACK), echo, { timeoutMs: 50 });
  for (const parts of [[], ["GET / HTTP/1.1\r\n"]]) {
    assert.equal(await exchange(server, ...parts).catch(() => ""), "");
  }
});

import assert from "node:assert/strict";
import { MAX_HEAD_BYTES } from "../../cli/http_request.ts";
import { type Answer, HttpServer } from "../../cli/http_server.ts";

const LOOPBACK = { hostname: "127.0.0.1", port: 0 };

const echo: Answer = ({ method, target, accept }) =>
  Promise.resolve({
    status: 200,
    headers: { "x-a": "b" },
    body: `${method} ${target} ${accept}\n`,
  });

/** Sends octets as they are and reads to the end. */
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
  await using server = new HttpServer(LOOPBACK, echo);
  assert.match(server.url, /^http:\/\/127\.0\.0\.1:\d+$/);
  assert.equal(
    await exchange(server, "GET /a?b HTTP/1.1\r\nHost: x\r\nAccept: c\r\n\r\n"),
    "HTTP/1.1 200 OK\r\nx-a: b\r\ncontent-length: 11\r\nconnection: close\r\n\r\nGET /a?b c\n",
  );
});

Deno.test("HttpServer takes a head in pieces, and a client of the platform", async () => {
  await using server = new HttpServer(LOOPBACK, echo);
  const text = await exchange(server, "GET / HT", "TP/1.0\r\nacc", "ept: c\r\n", "\r\n");
  assert.match(text, /\r\n\r\nGET \/ c\n$/);
  const response = await fetch(`${server.url}/x`, { headers: { accept: "d" } });
  assert.equal(await response.text(), "GET /x d\n");
});

Deno.test("HttpServer sends the length of a body to a HEAD, and no body", async () => {
  await using server = new HttpServer(LOOPBACK, echo);
  const text = await exchange(server, "HEAD / HTTP/1.1\r\n\r\n");
  assert.match(text, /content-length: 8\r\nconnection: close\r\n\r\n$/);
});

Deno.test("HttpServer refuses what is no request, or has too long a head", async () => {
  await using server = new HttpServer(LOOPBACK, echo);
  const bad = [
    "x\r\n\r\n",
    "GET  / HTTP/1.1\r\n\r\n",
    "GET / HTTP/2\r\n\r\n",
    "GET x HTTP/1.1\r\n\r\n",
  ];
  for (const request of bad) assert.match(await exchange(server, request), /^HTTP\/1\.1 400 /);
  const long = `GET / HTTP/1.1\r\nx: ${"y".repeat(MAX_HEAD_BYTES)}`;
  assert.match(await exchange(server, long), /^HTTP\/1\.1 431 /);
});

Deno.test("HttpServer answers 500, when the page fails", async () => {
  await using server = new HttpServer(LOOPBACK, () => Promise.reject(new Error("secret")));
  const text = await exchange(server, "GET / HTTP/1.1\r\n\r\n");
  assert.match(text, /^HTTP\/1\.1 500 /);
  assert.doesNotMatch(text, /secret/);
});

Deno.test("HttpServer closes connections beyond its bound at once, and idle ones at its end", async () => {
  const connections: Deno.TcpConn[] = [];
  {
    await using server = new HttpServer(LOOPBACK, echo);
    const port = Number(new URL(server.url).port);
    for (let count = 0; count < 33; count++) {
      connections.push(await Deno.connect({ ...LOOPBACK, port }));
    }
    const last = connections.at(-1);
    assert(last !== undefined);
    assert.equal(await rest(last).catch(() => ""), "");
  }
  for (const connection of connections) {
    assert.equal(await rest(connection).catch(() => ""), "");
    connection.close();
  }
});

Deno.test("HttpServer closes a connection that takes too long, whatever it has sent", async () => {
  await using server = new HttpServer(LOOPBACK, echo, { timeoutMs: 50 });
  for (const parts of [[], ["GET / HTTP/1.1\r\n"]]) {
    assert.equal(await exchange(server, ...parts).catch(() => ""), "");
  }
});

Deno.test("HttpServer throws, when the port is taken", () => {
  using listener = Deno.listen(LOOPBACK);
  const { port } = listener.addr;
  assert.throws(() => new HttpServer({ ...LOOPBACK, port }, echo), Deno.errors.AddrInUse);
});

import assert from "node:assert/strict";
import { listenPlain } from "../../../cli/serve/http_listener.ts";
import { type Answer, HttpServer } from "../../../cli/serve/http_server.ts";
import { eventually } from "../../support/eventually.ts";

const LOOPBACK = { hostname: "127.0.0.1", port: 0 };

/** Streams that a test fills, on a server that has other pages too. */
class Streams {
  readonly open = new Set<ReadableStreamDefaultController<string>>();

  readonly answer: Answer = ({ target }) => {
    const isStream = target === "/events";
    return Promise.resolve({ status: 200, headers: {}, body: isStream ? this.#stream() : "page" });
  };

  #stream(): ReadableStream<string> {
    let own: ReadableStreamDefaultController<string>;
    return new ReadableStream({
      start: (controller) => void this.open.add(own = controller),
      cancel: () => void this.open.delete(own),
    });
  }

  send(text: string): void {
    for (const controller of this.open) controller.enqueue(text);
  }
}

async function connect(server: HttpServer): Promise<Deno.TcpConn> {
  const connection = await Deno.connect({ ...LOOPBACK, port: Number(new URL(server.url).port) });
  const request = "GET /events HTTP/1.1\r\nhost: localhost\r\n\r\n";
  await connection.write(new TextEncoder().encode(request));
  return connection;
}

async function readUntil(connection: Deno.TcpConn, end: string): Promise<string> {
  const buffer = new Uint8Array(4096);
  let text = "";
  while (!text.includes(end)) {
    const size = await connection.read(buffer);
    if (size === null) break;
    text += new TextDecoder().decode(buffer.subarray(0, size));
  }
  return text;
}

Deno.test("HttpServer sends a stream as it grows, for longer than other responses may take", async () => {
  const streams = new Streams();
  await using server = new HttpServer(listenPlain(LOOPBACK), streams.answer, { timeoutMs: 100 });
  using connection = await connect(server);
  assert.equal(
    await readUntil(connection, "\r\n\r\n"),
    "HTTP/1.1 200 OK\r\nconnection: close\r\n\r\n",
  );
  for (let part = 0; part < 4; part++) {
    await new Promise((resolve) => setTimeout(resolve, 60));
    streams.send(`part ${part}.`);
    assert.equal(await readUntil(connection, "."), `part ${part}.`);
  }
});

Deno.test("HttpServer cancels the stream, when its client disconnects", async () => {
  const streams = new Streams();
  await using server = new HttpServer(listenPlain(LOOPBACK), streams.answer);
  const connection = await connect(server);
  await readUntil(connection, "\r\n\r\n");
  assert.equal(streams.open.size, 1);
  connection.close();
  await eventually(() => streams.open.size, (size) => size === 0);
});

Deno.test("HttpServer closes the stream, when its client does not read", async () => {
  const streams = new Streams();
  await using server = new HttpServer(listenPlain(LOOPBACK), streams.answer, { timeoutMs: 100 });
  using connection = await connect(server);
  await readUntil(connection, "\r\n\r\n");
  streams.send("x".repeat(32_000_000));
  await eventually(() => streams.open.size, (size) => size === 0);
});

Deno.test("HttpServer refuses the ninth stream of an address, and still answers other requests from it", async () => {
  const streams = new Streams();
  await using server = new HttpServer(listenPlain(LOOPBACK), streams.answer);
  const connections: Deno.TcpConn[] = [];
  try {
    for (let count = 0; count < 8; count++) {
      connections.push(await connect(server));
      await readUntil(connections.at(-1) as Deno.TcpConn, "\r\n\r\n");
    }
    for (let count = 0; count < 40; count++) {
      const connection = await connect(server);
      connections.push(connection);
      assert.match(await readUntil(connection, "open\n"), /^HTTP\/1\.1 503 [^]*too many pages/);
    }
    assert.equal(streams.open.size, 8);
    const response = await fetch(`${server.url}/`, { signal: AbortSignal.timeout(5_000) });
    assert.equal(await response.text(), "page");
  } finally {
    for (const connection of connections) connection.close();
  }
  await eventually(() => streams.open.size, (size) => size === 0);
});

Deno.test("HttpServer ends streams, when it ends", async () => {
  const streams = new Streams();
  const server = new HttpServer(listenPlain(LOOPBACK), streams.answer);
  using connection = await connect(server);
  await readUntil(connection, "\r\n\r\n");
  await server[Symbol.asyncDispose]();
  assert.equal(await readUntil(connection, "never").catch(() => ""), "");
  assert.equal(streams.open.size, 0);
});

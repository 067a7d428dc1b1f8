import assert from "node:assert/strict";
import { readFeed } from "../../../cli/bus/service_feed.ts";
import { makeCertificate } from "../../support/openssl.ts";
import { tempDir } from "../../support/temp_dir.ts";

const EVENTS = { "content-type": "text/event-stream" };

/** Reads the feed of a server that responds in this way. */
async function read(
  answer: (request: Request) => Response,
  silenceMs = 5_000,
  signal = new AbortController().signal,
): Promise<string[]> {
  await using server = Deno.serve({ port: 0, hostname: "127.0.0.1", onListen: () => {} }, answer);
  const base = new URL(`http://127.0.0.1:${server.addr.port}`);
  const messages: string[] = [];
  for await (const each of readFeed(base, { token: "secret", silenceMs, signal })) {
    messages.push(each);
  }
  return messages;
}

function parts(texts: readonly (string | Uint8Array)[], isEnded = true): Response {
  const encoder = new TextEncoder();
  const body = new ReadableStream<Uint8Array>({
    start(controller) {
      for (const each of texts) {
        controller.enqueue(typeof each === "string" ? encoder.encode(each) : each);
      }
      if (isEnded) controller.close();
    },
  });
  return new Response(body, { headers: EVENTS });
}

Deno.test("readFeed yields each message and sends the token, for chunks of any size", async () => {
  const bytes = new TextEncoder().encode(
    "retry: 1000\ndata: é1\n\n: comment\n\ndata: 2\n\ndata: 3",
  );
  const single = Array.from(bytes, (byte) => Uint8Array.of(byte));
  let authorization: string | null = null;
  const messages = await read((request) => {
    authorization = request.headers.get("authorization");
    return parts(single);
  });
  assert.deepEqual(messages, ["é1", "2"]);
  assert.equal(authorization, "Bearer secret");
});

Deno.test("readFeed fails, when no message arrives within the timeout", async () => {
  await assert.rejects(read(() => parts(["data: 1\n\n"], false), 200), /no data for 0.2 s/);
});

Deno.test("readFeed fails, when no response arrives within the timeout", async () => {
  using listener = Deno.listen({ port: 0, hostname: "127.0.0.1" });
  const base = new URL(`http://127.0.0.1:${listener.addr.port}`);
  const { signal } = new AbortController();
  const feed = readFeed(base, { token: undefined, silenceMs: 200, signal });
  await assert.rejects(feed.next(), /no data for 0.2 s/);
});

Deno.test("readFeed reports the response, when it is not a feed", async () => {
  const answers: readonly [Response, RegExp][] = [
    [new Response("", { status: 401 }), /requires the token of \[df\] http_token_file/],
    [new Response("", { status: 503 }), /too many viewers/],
    [new Response("", { status: 421 }), /name "127\.0\.0\.1" .* \[df\] http_allowed_hosts/],
    [new Response("", { status: 404 }), /does not serve the page of a service: status 404/],
    [new Response("<p>"), /does not serve the page of a service: status 200/],
  ];
  for (const [answer, wanted] of answers) await assert.rejects(read(() => answer), wanted);
});

Deno.test("readFeed names the address and https, when the service speaks TLS", async () => {
  await using dir = await tempDir();
  const { cert, key } = await makeCertificate(dir, { name: "localhost", names: "IP:127.0.0.1" });
  const tls = { cert: await Deno.readTextFile(cert), key: await Deno.readTextFile(key) };
  await using server = Deno.serve(
    { port: 0, hostname: "127.0.0.1", onListen: () => {}, ...tls },
    () => new Response(),
  );
  const base = new URL(`http://127.0.0.1:${server.addr.port}`);
  const { signal } = new AbortController();
  const feed = readFeed(base, { token: undefined, silenceMs: 5_000, signal });
  const wanted = `no answer from ${base.origin}: the service does not answer in plain HTTP: ` +
    "it may want https";
  await assert.rejects(feed.next(), { message: wanted });
});

Deno.test("readFeed refuses a message, when it is endless", async () => {
  const mebi = "x".repeat(2 ** 20);
  await assert.rejects(
    read(() => parts(["data: ", ...Array.from({ length: 9 }, () => mebi)], false)),
    /a message is too large/,
  );
});

Deno.test("readFeed ends with the reason of its signal", async () => {
  const reason = new Error("enough");
  const controller = new AbortController();
  const reading = read(() => parts([], false), 5_000, controller.signal);
  controller.abort(reason);
  await assert.rejects(reading, reason);
});

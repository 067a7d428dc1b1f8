import assert from "node:assert/strict";
import { messageOf } from "../../../drivers/contract/errors.ts";
import { fetchPage } from "../../../service/fleet/page_client.ts";

Deno.test("fetchPage says that the service closed the connection, when it gives no answer", async () => {
  using listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  const closing = (async () => {
    using connection = await listener.accept();
    await connection.read(new Uint8Array(1024));
  })();
  const page = new URL(`http://127.0.0.1:${listener.addr.port}/readyz`);
  const message = "the service closed the connection without an answer";
  await assert.rejects(fetchPage(page, { timeoutMs: 30_000, maxBytes: 100 }), { message });
  await closing;
});

const TOKEN = "0123456789abcdef";

/** Requests a page that requires the token. @returns what the service and the client get */
async function askWithToken(host: string, tokenNeedsTls: boolean) {
  const got: (string | null)[] = [];
  await using server = Deno.serve(
    { hostname: "127.0.0.1", port: 0, onListen() {} },
    ({ headers }) => {
      const token = headers.get("authorization");
      got.push(token);
      return new Response(null, { status: token === null ? 401 : 200 });
    },
  );
  const url = new URL(`http://${host}:${server.addr.port}/peers`);
  const options = { token: TOKEN, tokenNeedsTls, timeoutMs: 30_000, maxBytes: 100 };
  const answer = await fetchPage(url, options).then(({ status }) => status, messageOf);
  return { got, answer };
}

Deno.test("fetchPage sends the token to this host, and to others unless they need TLS for it, when the URL is http", async () => {
  const sent = { got: [`Bearer ${TOKEN}`], answer: 200 };
  assert.deepEqual(await askWithToken("127.0.0.1", true), sent);
  assert.deepEqual(await askWithToken("localhost", true), sent);
  // Not known to be this host.
  assert.deepEqual(await askWithToken("0.0.0.0", false), sent);
});

Deno.test("fetchPage sends no token and says why, when another host needs TLS for it and the URL is http", async () => {
  const { got, answer } = await askWithToken("0.0.0.0", true);
  assert.deepEqual(got, [null]);
  assert.match(String(answer), /requires the token, which is sent only over TLS/);
});

import assert from "node:assert/strict";
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

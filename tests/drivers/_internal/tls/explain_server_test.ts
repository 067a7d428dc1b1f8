import assert from "node:assert/strict";
import { once } from "node:events";
import { createServer } from "node:tls";
import { explainServer } from "../../../../drivers/_internal/tls/explain_server.ts";
import { makeCertificate } from "../../../support/openssl.ts";
import { tempDir } from "../../../support/temp_dir.ts";

Deno.test("explainServer blames the name of a certificate, when the client has refused it, and not when the server closed the connection", async () => {
  await using dir = await tempDir();
  const issuer = await makeCertificate(dir, { name: "authority" });
  const pair = await makeCertificate(dir, { name: "own", issuer, names: "DNS:other.example" });
  const read = (path: string) => Deno.readTextFile(path);
  const ca = await read(issuer.cert);
  const server = createServer({ cert: await read(pair.cert), key: await read(pair.key) });
  server.on("secureConnection", (socket) => socket.on("error", () => {}));
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as { port: number };
  const explain = (message: string) =>
    explainServer(new Error(message), { host: "127.0.0.1", port }, { ca });
  try {
    const refused = await explain("certificate not valid for name");
    // Deno 2.4 does not report the certificate.
    assert.match(refused ?? "", /^its certificate has another name/);
    assert.equal(await explain("read ECONNRESET"), undefined);
  } finally {
    server.close();
    await once(server, "close");
  }
});

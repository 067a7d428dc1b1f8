import assert from "node:assert/strict";
import { explainServer } from "../../../../drivers/_internal/tls/explain_server.ts";
import { makeCertificate } from "../../../support/openssl.ts";
import { tempDir } from "../../../support/temp_dir.ts";

Deno.test("explainServer blames the name of a certificate, when the client has refused it, and not when the server closed the connection", async () => {
  await using dir = await tempDir();
  const issuer = await makeCertificate(dir, { name: "authority" });
  const pair = await makeCertificate(dir, { name: "own", issuer, names: "DNS:other.example" });
  const read = (path: string) => Deno.readTextFile(path);
  const [ca, cert, key] = await Promise.all([issuer.cert, pair.cert, pair.key].map(read));
  const at = { hostname: "127.0.0.1", port: 0 };
  const listener = Deno.listenTls({ ...at, cert: cert ?? "", key: key ?? "" });
  const serving = (async () => {
    for await (const connection of listener) {
      // Until the client leaves.
      await connection.read(new Uint8Array(1)).catch(() => {});
      connection.close();
    }
  })();
  const { port } = listener.addr;
  const explain = (message: string) =>
    explainServer(new Error(message), { host: "127.0.0.1", port }, { ca: ca ?? "" });
  const refused = await explain("certificate not valid for name");
  // Deno 2.4 does not report the certificate.
  assert.match(refused ?? "", /^its certificate has another name/);
  assert.equal(await explain("read ECONNRESET"), undefined);
  listener.close();
  await serving;
});

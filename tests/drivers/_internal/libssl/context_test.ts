import assert from "node:assert/strict";
import { TlsContext, type TlsIdentity } from "../../../../drivers/_internal/libssl/context.ts";
import { makeCertificate } from "../../../support/openssl.ts";
import { tempDir } from "../../../support/temp_dir.ts";
import { makeTlsFiles } from "../../../support/tls_files.ts";

Deno.test("TlsContext refuses texts by their part, when any certificate in them is damaged", async () => {
  await using files = await makeTlsFiles();
  const read = (path: string) => Deno.readTextFileSync(path);
  const [authorities, certificate] = [read(files.authority.cert), read(files.server.cert)];
  const key = read(files.server.key);
  const damaged = authorities.replace("MII", "M*I");
  const refuses = (change: Partial<TlsIdentity>, part: string) => {
    const identity = { authorities, certificate, key, minVersion: "1.3", ...change } as const;
    assert.throws(() => new TlsContext(identity), { part });
  };
  refuses({ authorities: authorities + damaged }, "authorities");
  refuses({ authorities: damaged + authorities }, "authorities");
  refuses({ certificate: certificate + damaged }, "certificate");
  refuses({ certificate: authorities }, "key");
  refuses({ key: certificate }, "key");
});

Deno.test("TlsContext refuses a certificate, when OpenSSL would not send that of an authority after it", async () => {
  await using dir = await tempDir();
  const root = await makeCertificate(dir, { name: "root" });
  const weak = { name: "weak", issuer: root, isAuthority: true, algorithm: "weak RSA" } as const;
  const issuer = await makeCertificate(dir, weak);
  const { cert, key } = await makeCertificate(dir, { name: "host", issuer });
  const read = (path: string) => Deno.readTextFileSync(path);
  const identity = {
    authorities: read(root.cert),
    certificate: read(cert) + read(root.cert) + read(issuer.cert),
    key: read(key),
    minVersion: "1.3",
  } as const;
  const message = "OpenSSL refuses the certificate: ca key too small";
  assert.throws(() => new TlsContext(identity), { part: "certificate", message });
});

Deno.test("TlsContext keeps no memory, when it refuses a text again and again", async () => {
  await using files = await makeTlsFiles();
  await using dir = await tempDir();
  const weak = await makeCertificate(dir, { name: "weak", algorithm: "weak RSA" });
  const read = (path: string) => Deno.readTextFileSync(path);
  const [authorities, certificate] = [read(files.authority.cert), read(weak.cert)];
  const key = read(weak.key);
  const many = authorities.repeat(100);
  for (
    const change of [
      { authorities: many + authorities.replace("MII", "M*I") },
      { certificate: certificate + many, key },
    ]
  ) {
    const identity = { authorities, minVersion: "1.3", ...change } as const;
    const refuse = () => assert.throws(() => new TlsContext(identity), { name: "Error" });
    for (let count = 0; count < 10; count++) refuse();
    const before = Deno.memoryUsage().rss;
    for (let count = 0; count < 60; count++) refuse();
    const kept = Deno.memoryUsage().rss - before;
    assert(kept < 12 * 2 ** 20, `${kept} bytes`);
  }
});

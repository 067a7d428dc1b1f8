import assert from "node:assert/strict";
import { tlsFileOptions } from "../../../../drivers/contract/tls_options.ts";
import { readTlsFiles } from "../../../../drivers/_internal/tls/tls_files.ts";
import { makeCertificate, openssl } from "../../../support/openssl.ts";
import { tempDir } from "../../../support/temp_dir.ts";
import { testSettings } from "../../../support/test_settings.ts";

const FILES = tlsFileOptions({ group: "df", prefix: "x_tls_", help: { ca: "", cert: "" } });

function read({ ca = "", cert = "", key = "" }) {
  const values = { "df.x_tls_ca_file": ca, "df.x_tls_cert_file": cert, "df.x_tls_key_file": key };
  return readTlsFiles(testSettings(values), FILES);
}

for (const algorithm of ["EC", "RSA"] as const) {
  Deno.test(`readTlsFiles accepts a pair of OpenSSL's with ${algorithm} keys, and no other key`, async () => {
    await using dir = await tempDir();
    const authority = await makeCertificate(dir, { name: "authority", algorithm });
    const pair = await makeCertificate(dir, { name: "node", issuer: authority, algorithm });
    const { texts, certificate } = await read({ ca: authority.cert, ...pair });
    assert.equal(certificate?.subject, "CN=node");
    assert.deepEqual(Object.keys(texts), ["ca", "cert", "key"]);
    const another = read({ cert: pair.cert, key: authority.key });
    await assert.rejects(another, {
      code: "FILE_UNUSABLE",
      message: `[df] x_tls_key_file: "${authority.key}": the key does not belong to the ` +
        `certificate in "${pair.cert}"`,
    });
  });
}

Deno.test("readTlsFiles accepts one file with key and certificates, and any text between them", async () => {
  await using dir = await tempDir();
  const authority = await makeCertificate(dir, { name: "authority" });
  const pair = await makeCertificate(dir, { name: "node", issuer: authority });
  const file = dir.join("all.pem");
  const trimmed = async (path: string) => (await Deno.readTextFile(path)).trim();
  const [own, key, root] = [
    await trimmed(pair.cert),
    await trimmed(pair.key),
    await trimmed(authority.cert),
  ];
  for (const parts of [[own, root, key], [key, own, root], [own, key, root]]) {
    // Editors of Windows begin a file with a mark, and end lines in another way.
    const text = `\ufeffBag Attributes\n${parts.join("")}`.replaceAll("\n", "\r\n");
    await Deno.writeTextFile(file, text);
    const { texts } = await read({ ca: file, cert: file, key: file });
    assert.deepEqual(texts.cert?.replaceAll("\r", ""), `${own}\n${root}\n`);
    assert.deepEqual(texts.ca, texts.cert);
    assert.deepEqual(texts.key?.replaceAll("\r", ""), key);
  }
});

Deno.test("readTlsFiles states option, file and problem without the key, when a file is not usable", async () => {
  await using dir = await tempDir();
  const { cert, key } = await makeCertificate(dir, { name: "authority" });
  const other = dir.join("other");
  const secret = (await Deno.readTextFile(key)).split("\n")[1] ?? "";
  const rejects = async (files: Parameters<typeof read>[0], reason: RegExp) => {
    const thrown: unknown = await read(files).then(() => undefined, (error) => error);
    assert.match(String(thrown), reason);
    assert(!Deno.inspect(thrown, { depth: 20, showHidden: true }).includes(secret));
  };
  await rejects({ ca: key }, /x_tls_ca_file: ".*": it contains no certificate in PEM$/);
  await rejects({ cert: key, key }, /x_tls_cert_file: ".*": it contains no certificate/);
  await rejects(
    { cert, key: cert },
    /x_tls_key_file: ".*": not a private key, or one of an unknown kind/,
  );
  await rejects(
    { cert },
    /x_tls_cert_file: ".*", but x_tls_key_file is empty, wanted both or neither$/,
  );
  await rejects(
    { key },
    /x_tls_key_file: ".*", but x_tls_cert_file is empty, wanted both or neither$/,
  );
  await rejects({ ca: other }, /\[df\] x_tls_ca_file: cannot read ".*": No such file/);
  await Deno.writeTextFile(other, (await Deno.readTextFile(key)).slice(0, 150));
  await rejects({ cert, key: other }, /not a private key/);
  await openssl(["pkcs8", "-topk8", "-in", key, "-passout", "pass:secret", "-out", other]);
  await rejects({ cert, key: other }, /it is encrypted, wanted the private key in PEM of ".*crt"/);
  await Deno.writeTextFile(other, "x".repeat(1024 * 1024 + 1));
  await rejects({ ca: other }, /cannot read ".*": it has more than 1048576 bytes$/);
});

for (
  const [algorithm, problem] of [
    [
      "P-224",
      /x_tls_key_file: ".*key": its curve "\w+" is not one that TLS supports \(P-256, /,
    ],
    ["brainpool", /x_tls_key_file: ".*key": not a private key, or one of an unknown kind, wanted/],
  ] as const
) {
  Deno.test(`readTlsFiles refuses a key of a kind that no peer would accept: ${algorithm}`, async () => {
    await using dir = await tempDir();
    const pair = await makeCertificate(dir, { name: "own", algorithm });
    await assert.rejects(read(pair), { code: "FILE_UNUSABLE", message: problem });
  });
}

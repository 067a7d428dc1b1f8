import assert from "node:assert/strict";
import { parseCertificates } from "../../../../drivers/_internal/tls/certificate.ts";
import { formatName, isForHost, matchesNames } from "../../../../drivers/_internal/tls/names.ts";
import { makeCertificate, openssl } from "../../../support/openssl.ts";
import { tempDir } from "../../../support/temp_dir.ts";

const FROM = Date.UTC(2026, 0, 31, 23, 59, 58);

async function certificatesOf(path: string) {
  return parseCertificates(await Deno.readTextFile(path));
}

for (const algorithm of ["EC", "RSA"] as const) {
  Deno.test(`parseCertificates reads a chain of OpenSSL's with ${algorithm} keys`, async () => {
    await using dir = await tempDir();
    const authority = await makeCertificate(dir, { name: "authority", algorithm });
    const names = "DNS:node-1.example.org, IP:192.0.2.1, IP:2001:db8::1, URI:spiffe://df/node/1";
    const issued = {
      name: "node-1",
      issuer: authority,
      algorithm,
      from: FROM,
      usage: "clientAuth",
    };
    // A year from 2050 on is written in another way than one before.
    const until = Date.UTC(2051, 11, 31);
    const { cert } = await makeCertificate(dir, { ...issued, names, until });
    const [own, root] = parseCertificates(
      await Deno.readTextFile(cert) + await Deno.readTextFile(authority.cert),
    );
    assert.deepEqual([own.subject, own.issuer, own.isAuthority], [
      "CN=node-1",
      "CN=authority",
      false,
    ]);
    assert.deepEqual([own.notBefore, own.notAfter], [FROM, until]);
    assert.equal(own.names.map(formatName).join(", "), names);
    assert.deepEqual(own.purposes, ["client"]);
    assert.deepEqual([root?.subject, root?.isAuthority], ["CN=authority", true]);
    assert.deepEqual([root?.names, root?.purposes], [[], undefined]);
  });
}

Deno.test("parseCertificates states the problem, when the text is not a certificate", async () => {
  assert.throws(() => parseCertificates("no PEM"), /it contains no certificate in PEM/);
  await using dir = await tempDir();
  const { cert, key } = await makeCertificate(dir, { name: "authority" });
  await assert.rejects(certificatesOf(key), /it contains no certificate in PEM/);
  const lines = (await Deno.readTextFile(cert)).trim().split("\n");
  const cut = [...lines.slice(0, 4), lines.at(-1)].join("\n");
  assert.throws(() => parseCertificates(cut), /it contains a damaged certificate/);
});

Deno.test("parseCertificates throws, when any certificate of several is cut off or damaged", async () => {
  await using dir = await tempDir();
  const { cert } = await makeCertificate(dir, { name: "authority" });
  const text = await Deno.readTextFile(cert);
  assert.equal(parseCertificates(text + text).length, 2);
  const cuts = [200, text.indexOf("-----END"), text.trim().length - 1];
  const damaged = [text.replace("MII", "M*I"), text.replace("MII", "M-I")];
  for (const other of [...damaged, ...cuts.map((at) => `${text.slice(0, at)}\n`)]) {
    assert.throws(() => parseCertificates(other + text), /its PEM is damaged/);
    assert.throws(() => parseCertificates(text + other), /its PEM is damaged/);
  }
});

Deno.test("parseCertificates reads the beginning of a subject, when its peer has chosen a long one", async () => {
  await using dir = await tempDir();
  await makeCertificate(dir, { name: "short" });
  const [cert, subject] = [dir.join("long.crt"), `/OU=${"x".repeat(60)}`.repeat(50)];
  await openssl([
    ...["req", "-x509", "-config", dir.join("short.cnf"), "-key", dir.join("short.key")],
    ...["-subj", subject, "-out", cert],
  ]);
  const [{ subject: read, issuer }] = await certificatesOf(cert);
  assert.deepEqual([read.slice(0, 68), read.length], [`OU=${"x".repeat(60)}, OU=`, 512]);
  assert.equal(issuer, read);
});

Deno.test("parseCertificates throws nothing but RangeError, when any byte is damaged", async () => {
  await using dir = await tempDir();
  const { cert } = await makeCertificate(dir, { name: "authority" });
  const [{ der }] = await certificatesOf(cert);
  for (let at = 0; at < der.length; at++) {
    const damaged = Uint8Array.from(der, (byte, index) => index === at ? byte ^ 0xff : byte);
    const text = btoa(String.fromCharCode(...damaged));
    try {
      parseCertificates(`-----BEGIN CERTIFICATE-----\n${text}\n-----END CERTIFICATE-----`);
    } catch (error) {
      assert(error instanceof RangeError, String(error));
    }
  }
});

const NAMED = {
  names: [
    { kind: "DNS", value: "node-1.Example.org" },
    { kind: "DNS", value: "*.wild.example.org" },
    { kind: "IP", value: "192.0.2.1" },
    { kind: "IP", value: "2001:db8::1" },
    { kind: "URI", value: "spiffe://df/node/1" },
  ],
} as const;

Deno.test("matchesNames compares patterns with the names of each kind", () => {
  const matches = (...patterns: string[]) => matchesNames(NAMED, patterns);
  for (
    const pattern of [
      ...["node-1.example.org", "NODE-*.example.org", "DNS:*.example.org", "*.*.org", "192.0.2.*"],
      ...["IP:192.0.2.1", "2001:db8::1", "spiffe://df/node/*", "URI:spiffe://*/*/1"],
    ]
  ) assert(matches(pattern), pattern);
  for (
    const pattern of [
      ...["*", "*.org", "node-1.example.or", "xnode-1.example.org", "IP:node-1.example.org", ""],
      ...[
        "node-1xexample.org",
        "spiffe://*",
        "spiffe://df/node",
        "URI:192.0.2.1",
        "node-1*.example.org",
      ],
    ]
  ) assert(!matches(pattern), pattern);
  assert(matches("other", "192.0.2.1"));
  assert(!matchesNames({ names: [] }, ["*", "*.*"]));
});

Deno.test("isForHost accepts names, addresses, and a wildcard for one label", () => {
  for (
    const host of ["NODE-1.example.org", "192.0.2.1", "[2001:DB8:0:0::1]", "a.wild.example.org"]
  ) {
    assert(isForHost(NAMED, host), host);
  }
  for (
    const host of ["example.org", "wild.example.org", "a.b.wild.example.org", "192.0.2.2", "df", ""]
  ) assert(!isForHost(NAMED, host), host);
});

Deno.test("isForHost accepts an address only by a name of kind IP", () => {
  const names = ["192.0.2.1", "*.0.2.1"].map((value) => ({ kind: "DNS", value } as const));
  assert(!isForHost({ names }, "192.0.2.1"));
  assert(isForHost({ names: [{ kind: "IP", value: "192.0.2.1" }] }, "192.0.2.1"));
});

for (const [kind, mask] of [["UTF-8", "0x2000"], ["T.61", "0x4"], ["BMP", "0x800"]] as const) {
  Deno.test(`parseCertificates reads a name in ${kind}, as older authorities write it`, async () => {
    await using dir = await tempDir();
    const [config, cert] = [dir.join("config"), dir.join("named.crt")];
    const { key } = await makeCertificate(dir, { name: "any" });
    const request = ["[req]", "prompt = no", "utf8 = yes", `string_mask = MASK:${mask}`];
    const name = ["distinguished_name = name", "[name]", "O = Müller & Söhne", "CN = node-1"];
    await Deno.writeTextFile(config, [...request, ...name].join("\n"));
    await openssl(["req", "-x509", "-config", config, "-key", key, "-out", cert]);
    const [{ subject }] = await certificatesOf(cert);
    assert.equal(subject, "O=Müller & Söhne, CN=node-1");
  });
}

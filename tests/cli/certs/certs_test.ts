import assert from "node:assert/strict";
import { initAuthority, issue } from "../../../cli/certs/certs.ts";
import { showCertificates } from "../../../cli/certs/show.ts";
import { hostFiles, replaceFile } from "../../../drivers/host.ts";
import { FakeIo } from "../../support/fakes/fake_io.ts";
import { isRoot, NOBODY } from "../../support/nobody.ts";
import { makeCertificate, openssl } from "../../support/openssl.ts";
import { type TempDir, tempDir } from "../../support/temp_dir.ts";

const NAMES = ["node-1.example.org", "192.0.2.11", "2001:db8::11", "spiffe://df/node/1", "*.x.org"];

/** A terminal or a pipe, with the files of this host. */
function io(isTerminal = false): FakeIo {
  const { readTextFile, exists } = hostFiles;
  return Object.assign(new FakeIo({ isTerminal }), { readTextFile, exists, replaceFile });
}

async function issued(dir: TempDir) {
  const directory = dir.join("pki");
  const own = io();
  assert.equal(await initAuthority({ directory }, own), 0);
  assert.equal(await issue(NAMES, { directory }, own), 0);
  const paths = own.out.text.trim().split("\n").map((line) => JSON.parse(line).written);
  const [caKey, ca, key, cert] = paths;
  return { directory, caKey, ca, key, cert, paths };
}

Deno.test("certs issue makes certificates that openssl verifies strictly, for servers and clients", async () => {
  await using dir = await tempDir();
  const { ca, cert, key } = await issued(dir);
  for (const purpose of ["sslserver", "sslclient"]) {
    await openssl(["verify", "-x509_strict", "-CAfile", ca, "-purpose", purpose, cert]);
  }
  for (const host of ["node-1.example.org", "a.x.org"]) {
    await openssl(["verify", "-CAfile", ca, "-verify_hostname", host, cert]);
  }
  for (const ip of ["192.0.2.11", "2001:db8::11"]) {
    await openssl(["verify", "-CAfile", ca, "-verify_ip", ip, cert]);
  }
  await assert.rejects(openssl(["verify", "-CAfile", ca, "-verify_ip", "192.0.2.12", cert]));
  assert.match(
    await openssl(["x509", "-in", cert, "-noout", "-ext", "subjectAltName"]),
    /URI:spiffe/,
  );
  assert.equal(
    await issue(["fe80::1%eth0"], { directory: dir.join("pki"), out: "local" }, io()),
    0,
  );
  const local = ["x509", "-in", dir.join("pki/local.crt"), "-noout", "-ext", "subjectAltName"];
  assert.match(await openssl(local), /IP Address:FE80:0:0:0:0:0:0:1$/m, "without the zone");
  const publicKey = await openssl(["x509", "-in", cert, "-noout", "-pubkey"]);
  assert.equal(await openssl(["pkey", "-in", key, "-pubout"]), publicKey);
});

Deno.test("certs init gives each authority a name of its own, unless --name does", async () => {
  await using dir = await tempDir();
  const subjectOf = async (name: string, flags = {}) => {
    assert.equal(await initAuthority({ directory: dir.join(name), ...flags }, io()), 0);
    return await openssl(["x509", "-in", dir.join(`${name}/ca.crt`), "-noout", "-subject"]);
  };
  assert.notEqual(await subjectOf("one"), await subjectOf("two"));
  assert.match(await subjectOf("three", { name: "Our CA" }), /CN ?= ?Our CA$/m);
});

Deno.test("certs makes files that other accounts cannot read, and replaces them only with --replace", async () => {
  await using dir = await tempDir();
  const { directory, paths, cert } = await issued(dir);
  assert.equal(((await Deno.stat(directory)).mode ?? 0) & 0o777, 0o700);
  for (const path of paths) assert.equal(((await Deno.stat(path)).mode ?? 0) & 0o777, 0o600, path);
  const before = await Deno.readTextFile(cert);
  await assert.rejects(
    issue(NAMES, { directory }, io()),
    /node-1.*key": it exists: use another --out, or --replace/,
  );
  await assert.rejects(
    initAuthority({ directory }, io()),
    /ca.key": it exists: use another --directory$/,
  );
  assert.equal(await Deno.readTextFile(cert), before);
  assert.equal(await issue(NAMES, { directory, replace: true, valid: 7 * 86_400 }, io()), 0);
  assert.notEqual(await Deno.readTextFile(cert), before);
  for (const path of paths) assert.equal(((await Deno.stat(path)).mode ?? 0) & 0o777, 0o600, path);
  assert.deepEqual((await Array.fromAsync(Deno.readDir(directory))).length, 4);
});

Deno.test("certs issue --replace keeps owner, group and mode, so that a service can still read the files", async () => {
  await using dir = await tempDir();
  const { directory, cert, key } = await issued(dir);
  const before = await Deno.readTextFile(key);
  for (const path of [cert, key]) {
    if (isRoot) await Deno.chown(path, NOBODY, NOBODY);
    await Deno.chmod(path, 0o640);
  }
  const access = async (path: string) => {
    const { uid, gid, mode } = await Deno.stat(path);
    return { uid, gid, mode };
  };
  const wanted = await access(key);
  assert.equal(await issue(NAMES, { directory, replace: true }, io()), 0);
  assert.notEqual(await Deno.readTextFile(key), before);
  assert.deepEqual([await access(cert), await access(key)], [wanted, wanted]);
});

for (const algorithm of ["EC", "RSA"] as const) {
  Deno.test(`certs issue signs with an authority of openssl's that has an ${algorithm} key`, async () => {
    await using dir = await tempDir();
    const authority = await makeCertificate(dir, { name: "ca", algorithm });
    assert.equal(await issue(["node-1"], { directory: dir.path, valid: 86_400 }, io()), 0);
    await openssl(["verify", "-x509_strict", "-CAfile", authority.cert, dir.join("node-1.crt")]);
  });
}

Deno.test("certs issue states the problem, when names or the authority are wrong", async () => {
  await using dir = await tempDir();
  const { directory } = await issued(dir);
  const fails = (names: string[], reason: RegExp, flags = {}) =>
    assert.rejects(issue(names, { directory, ...flags }, io()), reason);
  const misnamed = (names: string[], message: RegExp, flags = {}) =>
    assert.rejects(issue(names, { directory, ...flags }, io()), { name: "UsageError", message });
  await misnamed(["2001:db8::1"], /"2001:db8::1" cannot be the name of the files: add --out NAME/);
  await misnamed(["ok"], /cannot be the name of the files/, { out: "../x" });
  await misnamed(["ca"], /cannot be the name of the files/);
  await misnamed(["host:8867"], /^"host:8867": not a name, wanted a host name, an IP address or/);
  await misnamed(["ok", "a b"], /^"a b": not a name, wanted a host name, an IP address or a URI$/);
  await misnamed(["192.0.2.300"], /^"192\.0\.2\.300": not a name/);
  await fails(["ok"], /No authority at ".*\/none\/ca.crt": run df-pubsub certs init/, {
    directory: dir.join("none"),
  });
  await fails(["ok"], /--valid 9000000d: wanted an expiry date before the year 10000/, {
    valid: 9_000_000 * 86_400,
  });
  await fails(
    ["ok"],
    /the authority expires on 20\d\d-.* UTC, before the certificate: choose a shorter validity/,
    { valid: 3651 * 86_400 },
  );
  const key = await Deno.readTextFile(`${directory}/ca.key`);
  await Deno.writeTextFile(`${directory}/ca.key`, "damaged");
  await fails(
    ["ok"],
    /from ".*\/ca.crt": the key of the authority cannot be read, wanted a private/,
  );
  const locked = ["pkey", "-aes256", "-passout", "pass:secret", "-out", `${directory}/ca.key`];
  await Deno.writeTextFile(`${directory}/plain.key`, key);
  await openssl([...locked, "-in", `${directory}/plain.key`]);
  await fails(["ok"], /the key of the authority is encrypted, wanted a private key in PEM/);
  await Deno.writeTextFile(`${directory}/ca.key`, key);
  const cert = await Deno.readTextFile(`${directory}/ca.crt`);
  await Deno.writeTextFile(`${directory}/ca.crt`, "damaged");
  await fails(["ok"], /the certificate of the authority: it contains no certificate in PEM/);
  await Deno.writeTextFile(`${directory}/ca.crt`, cert);
  await assert.rejects(
    initAuthority({ directory: "/proc/none" }, io()),
    /Cannot write "\/proc\/none\/ca\.key": /,
  );
  await Deno.copyFile(`${directory}/node-1.example.org.key`, `${directory}/ca.key`);
  await fails(["ok"], /the key does not belong to the certificate of the authority/);
  await Deno.copyFile(`${directory}/node-1.example.org.crt`, `${directory}/ca.crt`);
  await fails(["ok"], /the certificate is not that of an authority/);
  await Deno.writeFile(`${directory}/ca.crt`, Uint8Array.of(0x30, 0x82, 0xff));
  await fails(["ok"], /^Error: Cannot read ".*\/ca\.crt": not UTF-8, wanted a text file$/);
  await Deno.copyFile(`${directory}/node-1.example.org.crt`, `${directory}/ca.crt`);
  await Deno.remove(`${directory}/ca.key`);
  await fails(["ok"], /^Error: Cannot read ".*\/ca\.key": No such file/);
  const times = { from: Date.UTC(2025, 0), until: Date.UTC(2025, 5, 7) };
  await makeCertificate(dir, { name: "ca", ...times });
  const reason = /the authority expired on 2025-06-07 00:00 UTC: make a new one$/;
  await fails(["ok"], reason, { directory: dir.path });
});

Deno.test("certs show fits 80 columns on a terminal, and prints JSON when piped", async () => {
  await using dir = await tempDir();
  const { ca, cert, key } = await issued(dir);
  const until = Date.UTC(2025, 5, 7);
  const long = Array.from({ length: 9 }, (_, index) => `DNS:node-${index}.example.org`).join(", ");
  const issuer = { cert: ca, key: ca.replace(".crt", ".key") };
  const spec = { name: "old", issuer, names: long, from: Date.UTC(2025, 0), until };
  const old = await makeCertificate(dir, spec);
  const terminal = io(true);
  assert.equal(await showCertificates([cert, ca, old.cert], {}, terminal), 0);
  const [title = "", ...lines] = terminal.out.text.split("\n");
  assert.equal(title, cert);
  assert.deepEqual(lines.slice(0, 3), [
    "  subject  CN=node-1.example.org",
    "  names    DNS:node-1.example.org, IP:192.0.2.11, IP:2001:db8::11,".slice(0, -1),
    "           URI:spiffe://df/node/1, DNS:*.x.org",
  ]);
  assert.match(
    terminal.out.text,
    /^ {2}valid {4}\d{4}-\d\d-\d\d to \d{4}-\d\d-\d\d, 364 days left$/m,
  );
  assert.match(terminal.out.text, /CN=df-pubsub CA [0-9a-f]{8}, an authority\n.*none\n.*itself\n/);
  assert.match(terminal.out.text, /2025-01-01 to 2025-06-07, EXPIRED/);
  assert(lines.every((line) => line.length <= 80), terminal.out.text);
  const pipe = io();
  assert.equal(await showCertificates([cert, key], {}, pipe), 1);
  const { names, daysLeft: left, isAuthority: authority } = JSON.parse(pipe.out.text);
  assert.deepEqual([names.length, left, authority], [5, 364, false]);
  assert.match(pipe.err.text, /node-1.*key": it contains no certificate in PEM/);
});

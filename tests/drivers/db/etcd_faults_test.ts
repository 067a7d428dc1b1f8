import assert from "node:assert/strict";
import { setTimeout } from "node:timers/promises";
import { somePort } from "../../support/redis/node.ts";
import { endAfterTests } from "../../support/end_after_tests.ts";
import { enableEtcdLogin } from "../../support/etcd/login.ts";
import { openEtcdAt } from "../../support/etcd/db.ts";
import { EtcdServer } from "../../support/etcd/server.ts";
import { makeCertificate } from "../../support/openssl.ts";
import { startTlsEtcd } from "../../support/etcd/tls.ts";
import { makeTlsFiles } from "../../support/tls_files.ts";
import { tempDir } from "../../support/temp_dir.ts";

/** Each test that stops some of its members lets them go on. */
const three = await EtcdServer.start({ members: 3 });
const QUICK = { request_timeout: "1" };
const unavailable = (message: RegExp, isUncertain = false) => ({
  name: "DbUnavailable",
  message,
  isUncertain,
});

function test(name: string, run: () => Promise<void>): void {
  Deno.test(`etcd database ${name}`, run);
}

test("asks another member, when one is killed, and comes back to it", async () => {
  await using db = await openEtcdAt(three.addresses, QUICK);
  for (const [at, member] of three.members.entries()) {
    await member.kill();
    // The others may have to elect a leader; what a member refuses before is not carried out.
    await eventually(() => db.create("lport", `p${at}`, "1"));
    assert.equal(await db.get("lport", `p${at}`), "1");
    member.restart();
    await three.ready();
  }
  assert.deepEqual(await db.keys("lport"), ["p0", "p1", "p2"]);
});

test("asks another member, when one does not answer in time", async () => {
  await using db = await openEtcdAt(three.addresses, QUICK);
  await db.create("lport", "p1", "1");
  const [first] = three.members;
  await first?.freeze();
  await eventually(() => db.get("lport", "p1"));
  await eventually(() => db.set("lport", "p1", "2"));
  first?.thaw();
  assert.equal(await db.get("lport", "p1"), "2");
});

test("says that the write may have been carried out, when a member stops answering", async () => {
  await using server = await EtcdServer.start();
  await using db = await openEtcdAt(server.addresses, QUICK);
  const [member] = server.members;
  await member?.freeze();
  await assert.rejects(
    db.create("lport", "p1", "1"),
    unavailable(/no answer before the timeout; the write may have been carried out/, true),
  );
  member?.thaw();
  await eventually(() => db.create("lport", "p1", "1"));
});

test("names every member and what is wrong with it, when none answers", async () => {
  const port = somePort();
  const refused = `127\\.0\\.0\\.1:${port}: connection refused`;
  await assert.rejects(
    openEtcdAt([`127.0.0.1:${port}`, "nowhere.invalid:2379"], QUICK),
    unavailable(new RegExp(`${refused}; http://nowhere\\.invalid:2379: no such host`)),
  );
});

test("says which limit is too low, when a row is larger than etcd takes", async () => {
  await using server = await EtcdServer.start({ flags: ["--max-request-bytes", "2000"] });
  await using db = await openEtcdAt(server.addresses);
  const value = "x".repeat(4_000);
  await assert.rejects(db.create("lport", "p1", value), unavailable(/see its --max-request-bytes/));
  assert.deepEqual(await db.keys("lport"), []);
});

test("refuses a certificate with a CommonName with the reason, when authentication is on", async () => {
  await using files = await makeTlsFiles();
  await using server = await startTlsEtcd(files);
  await enableEtcdLogin(server);
  const { authority: { cert: tls_ca_file }, client } = files;
  const tls = { tls_ca_file, tls_cert_file: client.cert, tls_key_file: client.key };
  const login = { username: "root", password: "s3cret" };
  await assert.rejects(
    openEtcdAt([`https://${server.addresses[0]}`], { ...tls, ...login })
      .then((db) => using(db, () => db.keys("lport"))),
    unavailable(/gateway cannot pass on: use a certificate without a CommonName/),
  );
});

test("says how to clear it, when the storage of etcd is full, and writes again after that", async () => {
  await using server = await EtcdServer.start({ flags: ["--quota-backend-bytes", "400000"] });
  await using db = await openEtcdAt(server.addresses);
  await db.create("lport", "p1", "1");
  const fill = async () => {
    for (let n = 0; n < 100; n++) await db.create("lport", "big", "x".repeat(100_000));
  };
  await assert.rejects(fill(), unavailable(/storage is full.*etcdctl alarm disarm/, true));
  assert.equal(await db.get("lport", "p1"), "1");
  const status = JSON.parse((await server.ctl(["endpoint", "status", "-w", "json"])).output);
  await server.ctl(["compaction", String(status[0].Status.header.revision)]);
  await server.ctl(["defrag"]);
  assert((await server.ctl(["alarm", "disarm"])).isOk);
  await db.create("lport", "p2", "2");
  assert.equal(await db.get("lport", "p2"), "2");
});

test("logs in, also when the token is no longer valid, and names what is wrong with the login", async () => {
  await using server = await EtcdServer.start();
  await using directory = await tempDir();
  const password_file = directory.join("password");
  await Deno.writeTextFile(password_file, "s3cret\n");
  await enableEtcdLogin(server);
  const login = { username: "root", password_file };
  await using db = await openEtcdAt(server.addresses, login);
  await db.create("lport", "p1", "1");
  // With its authentication, etcd forgets all tokens.
  const { isOk, output } = await server.ctl(["--user", "root:s3cret", "auth", "disable"]);
  assert(isOk, output);
  assert((await server.ctl(["auth", "enable"])).isOk);
  assert.equal(await db.get("lport", "p1"), "1");
  const wrong = openEtcdAt(server.addresses, { username: "root", password: "hunter2" });
  await assert.rejects(wrong, unavailable(/the login was refused/));
  await assert.rejects(
    openEtcdAt(server.addresses).then((nobody) => using(nobody, () => nobody.keys("lport"))),
    unavailable(/a login is required: set \[df_etcd\] username/),
  );
  await assert.rejects(
    openEtcdAt(server.addresses, { username: "root", password_file: directory.join("none") }),
    { code: "FILE_UNUSABLE", message: /^\[df_etcd\] password_file: cannot read ".*none"/ },
  );
  const reader = { username: "reader", password: "r" };
  await assert.rejects(
    openEtcdAt(server.addresses, reader).then((other) => using(other, () => other.keys("lport"))),
    unavailable(/no permission for these keys/),
  );
});

test("is unavailable while its password file is missing, when it is already open", async () => {
  await using server = await EtcdServer.start();
  await using directory = await tempDir();
  const password_file = directory.join("password");
  await Deno.writeTextFile(password_file, "s3cret\n");
  await enableEtcdLogin(server);
  await using db = await openEtcdAt(server.addresses, { username: "root", password_file });
  await db.create("lport", "p1", "1");
  const [member] = server.members;
  assert(member !== undefined);
  await member.kill();
  await assert.rejects(db.get("lport", "p1"), unavailable(/connection refused/));
  await Deno.remove(password_file);
  await assert.rejects(db.get("lport", "p1"), unavailable(/\[df_etcd\] password_file: cannot/));
});

test("speaks TLS with a certificate of its own, and says what is wrong with either", async () => {
  await using files = await makeTlsFiles();
  await using server = await startTlsEtcd(files);
  const host = `https://${server.addresses[0]}`;
  const trusting = { tls_ca_file: files.authority.cert };
  const known = { tls_cert_file: files.client.cert, tls_key_file: files.client.key };
  await using db = await openEtcdAt([host], { ...trusting, ...known });
  await db.create("lport", "p1", "1");
  await assert.rejects(
    openEtcdAt([host], trusting),
    unavailable(/it requires a client certificate/),
  );
  await assert.rejects(openEtcdAt([host], known), unavailable(/its certificate is signed by/));
  const { cert: tls_cert_file, key: tls_key_file } = files.strangeClient;
  await assert.rejects(
    openEtcdAt([host], { ...trusting, tls_cert_file, tls_key_file }),
    unavailable(/requires a client certificate, or refuses that of this end: see tls_cert_file/),
  );
  await assert.rejects(openEtcdAt([...server.addresses]), unavailable(/without an answer/));
});

test("states the names in the certificate of a member, when its address is not among them", async () => {
  await using dir = await tempDir();
  const authority = await makeCertificate(dir, { name: "authority" });
  const names = "DNS:*.example.org";
  const { cert, key } = await makeCertificate(dir, { name: "member", issuer: authority, names });
  const flags = ["--cert-file", cert, "--key-file", key];
  const ctlFlags = ["--cacert", authority.cert, "--insecure-skip-tls-verify"];
  await using server = await EtcdServer.start({ scheme: "https", flags, ctlFlags });
  await assert.rejects(
    openEtcdAt([`https://${server.addresses[0]}`], { tls_ca_file: authority.cert }),
    unavailable(/another name: it offers DNS:\*.example.org, wanted "127.0.0.1"$/),
  );
});

test("names the date, when the certificate of a member has expired", async () => {
  const until = Date.UTC(2025, 5, 7, 8, 9);
  await using files = await makeTlsFiles({ from: Date.UTC(2025, 0), until });
  await using server = await startTlsEtcd(files);
  const { authority: { cert: tls_ca_file }, client } = files;
  const tls = { tls_ca_file, tls_cert_file: client.cert, tls_key_file: client.key };
  await assert.rejects(
    openEtcdAt([`https://${server.addresses[0]}`], tls),
    unavailable(/: its certificate expired on 2025-06-07 08:09 UTC$/),
  );
});

endAfterTests(three);

async function using<T>(resource: AsyncDisposable, work: () => Promise<T>): Promise<T> {
  await using _resource = resource;
  return await work();
}

/** Tries again what the database refuses for a while; bounded. */
async function eventually<T>(work: () => Promise<T>): Promise<T> {
  const deadline = performance.now() + 20_000;
  for (;;) {
    try {
      return await work();
    } catch (error) {
      if (performance.now() > deadline) throw error;
      await setTimeout(50);
    }
  }
}

import assert from "node:assert/strict";
import { setTimeout } from "node:timers/promises";
import { somePort } from "../../support/redis_node.ts";
import { openEtcdAt } from "../../support/etcd_db.ts";
import { EtcdServer } from "../../support/etcd_server.ts";
import { makeTlsFiles } from "../../support/tls_files.ts";
import { tempDir } from "../../support/temp_dir.ts";

const QUICK = { request_timeout: "1" };
const unavailable = (message: RegExp) => ({ name: "DbUnavailable", message });

function test(name: string, run: () => Promise<void>): void {
  Deno.test(`etcd database ${name}`, run);
}

test("asks another member, when one is killed, and comes back to it", async () => {
  await using server = await EtcdServer.start({ members: 3 });
  await using db = await openEtcdAt(server.addresses, QUICK);
  for (const [at, member] of server.members.entries()) {
    await member.kill();
    // The others may have to elect a leader; what a member refuses before is not carried out.
    await eventually(() => db.create("lport", `p${at}`, "1"));
    assert.equal(await db.get("lport", `p${at}`), "1");
    member.restart();
    await server.ready();
  }
  assert.deepEqual(await db.keys("lport"), ["p0", "p1", "p2"]);
});

test("asks another member, when one does not answer in time", async () => {
  await using server = await EtcdServer.start({ members: 3 });
  await using db = await openEtcdAt(server.addresses, QUICK);
  await db.create("lport", "p1", "1");
  const [first] = server.members;
  first?.signal("SIGSTOP");
  await eventually(() => db.get("lport", "p1"));
  await eventually(() => db.set("lport", "p1", "2"));
  first?.signal("SIGCONT");
  assert.equal(await db.get("lport", "p1"), "2");
});

test("says that the write may have been carried out, when a member stops answering", async () => {
  await using server = await EtcdServer.start();
  await using db = await openEtcdAt(server.addresses, QUICK);
  const [member] = server.members;
  member?.signal("SIGSTOP");
  await assert.rejects(
    db.create("lport", "p1", "1"),
    unavailable(/no answer before the timeout; the write may have been carried out/),
  );
  member?.signal("SIGCONT");
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

test("says that a server is not etcd, when another answers there", async () => {
  await using other = Deno.serve({ port: 0, hostname: "127.0.0.1", onListen: () => {} }, () => {
    return Response.json({ hello: "world" });
  });
  const host = `127.0.0.1:${other.addr.port}`;
  await assert.rejects(openEtcdAt([host], QUICK), unavailable(/it is not etcd/));
});

test("says what the certificate of a member lacks, when its gateway cannot reach it", async () => {
  await using member = Deno.serve({ port: 0, hostname: "127.0.0.1", onListen() {} }, (request) => {
    if (request.url.endsWith("/version")) return Response.json({ etcdserver: "3.4.23" });
    return Response.json({ error: "connection closed", code: 14 }, { status: 503 });
  });
  await using db = await openEtcdAt([`127.0.0.1:${member.addr.port}`], QUICK);
  await assert.rejects(db.keys("lport"), unavailable(/needs the usage clientAuth/));
});

test("logs in once for all requests, when the token is no longer valid", async () => {
  const tokens: string[] = [];
  await using member = Deno.serve({ port: 0, hostname: "127.0.0.1", onListen() {} }, (request) => {
    if (request.url.endsWith("/version")) return Response.json({ etcdserver: "3.4.23" });
    if (request.url.endsWith("/authenticate")) {
      tokens.push(`token ${tokens.length}`);
      return Response.json({ token: tokens.at(-1) });
    }
    const isValid = tokens.length > 1 && request.headers.get("authorization") === tokens[1];
    if (isValid) return Response.json({ header: { revision: "1" } });
    return Response.json({ error: "etcdserver: invalid auth token", code: 16 }, { status: 401 });
  });
  const login = { username: "u", password: "p" };
  await using db = await openEtcdAt([`127.0.0.1:${member.addr.port}`], login);
  await Promise.all(Array.from({ length: 40 }, () => db.tableVersion("lport")));
  assert.deepEqual(tokens, ["token 0", "token 1"]);
});

test("begins again once for all requests, when no member has answered", async () => {
  let [versions, isDown] = [0, false];
  await using member = Deno.serve({ port: 0, hostname: "127.0.0.1", onListen() {} }, (request) => {
    if (isDown) {
      return Response.json({ error: "etcdserver: no leader", code: 14 }, { status: 503 });
    }
    if (!request.url.endsWith("/version")) return Response.json({ header: { revision: "1" } });
    versions++;
    return Response.json({ etcdserver: "3.4.23" });
  });
  await using db = await openEtcdAt([`127.0.0.1:${member.addr.port}`]);
  isDown = true;
  await assert.rejects(db.tableVersion("lport"), unavailable(/has no leader/));
  isDown = false;
  await Promise.all(Array.from({ length: 40 }, () => db.tableVersion("lport")));
  assert.equal(versions, 2);
});

test("uses the gateway's path of each version", async () => {
  for (const [version, path] of [["3.2.26", "v3alpha"], ["3.3.13", "v3beta"], ["3.6.0", "v3"]]) {
    const asked: string[] = [];
    await using member = Deno.serve(
      { port: 0, hostname: "127.0.0.1", onListen() {} },
      (request) => {
        asked.push(new URL(request.url).pathname);
        return Response.json({ etcdserver: version, header: { revision: "1" } });
      },
    );
    await using db = await openEtcdAt([`127.0.0.1:${member.addr.port}`], QUICK);
    await db.tableVersion("lport");
    assert.deepEqual(asked, ["/version", `/${path}/kv/range`]);
  }
});

test("says which limit is too low, when a row is larger than etcd takes", async () => {
  await using server = await EtcdServer.start({ flags: ["--max-request-bytes", "2000"] });
  await using db = await openEtcdAt(server.addresses);
  const value = "x".repeat(4_000);
  await assert.rejects(db.create("lport", "p1", value), unavailable(/see its --max-request-bytes/));
  assert.deepEqual(await db.keys("lport"), []);
});

test("says how to clear it, when the storage of etcd is full, and reads on", async () => {
  await using server = await EtcdServer.start({ flags: ["--quota-backend-bytes", "400000"] });
  await using db = await openEtcdAt(server.addresses);
  await db.create("lport", "p1", "1");
  const fill = async () => {
    for (let n = 0; n < 100; n++) await db.create("lport", "big", "x".repeat(100_000));
  };
  await assert.rejects(fill(), unavailable(/storage is full.*etcdctl alarm disarm/));
  assert.equal(await db.get("lport", "p1"), "1");
});

test("logs in, also when the token is no longer valid, and names what is wrong with the login", async () => {
  await using server = await EtcdServer.start();
  await using directory = await tempDir();
  const password_file = directory.join("password");
  await Deno.writeTextFile(password_file, "s3cret\n");
  await enableAuthentication(server);
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
  const reader = { username: "reader", password: "r" };
  await assert.rejects(
    openEtcdAt(server.addresses, reader).then((other) => using(other, () => other.keys("lport"))),
    unavailable(/no permission for these keys/),
  );
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
    unavailable(/requires a client certificate|closed the connection without an answer/),
  );
  await assert.rejects(openEtcdAt([host], known), unavailable(/its certificate is not trusted/));
  await assert.rejects(openEtcdAt([...server.addresses]), unavailable(/without an answer/));
});

async function startTlsEtcd(files: Awaited<ReturnType<typeof makeTlsFiles>>): Promise<EtcdServer> {
  const { authority, server, client } = files;
  return await EtcdServer.start({
    scheme: "https",
    flags: [
      ...["--cert-file", server.cert, "--key-file", server.key],
      ...["--client-cert-auth", "--trusted-ca-file", authority.cert],
    ],
    ctlFlags: ["--cacert", authority.cert, "--cert", client.cert, "--key", client.key],
  });
}

async function enableAuthentication(server: EtcdServer): Promise<void> {
  for (
    const args of [
      ["user", "add", "root:s3cret"],
      ["user", "grant-role", "root", "root"],
      ["user", "add", "reader:r"],
      ["auth", "enable"],
    ]
  ) {
    const { isOk, output } = await server.ctl(args);
    assert(isOk, output);
  }
}

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

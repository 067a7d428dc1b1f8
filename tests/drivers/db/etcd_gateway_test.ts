// What etcd's gateway may answer, by servers that answer so.
import assert from "node:assert/strict";
import { openEtcdAt } from "../../support/etcd/db.ts";

const QUICK = { request_timeout: "1" };
const unavailable = (message: RegExp) => ({ name: "DbUnavailable", message });

function test(name: string, run: () => Promise<void>): void {
  Deno.test(`etcd database ${name}`, run);
}

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
  await using db = await openEtcdAt([`127.0.0.1:${member.addr.port}`], QUICK);
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

test("asks again after a pause, when etcd has no leader for a while", async () => {
  const refusals = ["etcdserver: no leader", "etcdserver: leader changed", "etcdserver: no leader"];
  const times: number[] = [];
  await using member = Deno.serve({ port: 0, hostname: "127.0.0.1", onListen() {} }, (request) => {
    if (request.url.endsWith("/version")) return Response.json({ etcdserver: "3.4.23" });
    times.push(performance.now());
    const error = refusals.shift();
    if (error === undefined) return Response.json({ header: { revision: "7" } });
    return Response.json({ error, code: 14 }, { status: 503 });
  });
  await using db = await openEtcdAt([`127.0.0.1:${member.addr.port}`]);
  assert.equal(await db.tableVersion("lport"), "7:0");
  assert.equal(times.length, 4);
  const pauses = times.slice(1).map((at, index) => at - (times[index] ?? 0));
  assert(pauses.every((ms) => ms >= 24), `pauses of ${pauses} ms`);
});

test("goes to another member, when the one that it asked is slow", async () => {
  await using fast = Deno.serve({ port: 0, hostname: "127.0.0.1", onListen() {} }, (request) => {
    if (request.url.endsWith("/version")) return Response.json({ etcdserver: "3.4.23" });
    return Response.json({ header: { revision: "7" } });
  });
  for (const isSilent of [true, false]) {
    const release = Promise.withResolvers<void>();
    let asked = 0;
    await using slow = Deno.serve(
      { port: 0, hostname: "127.0.0.1", onListen() {} },
      async (request) => {
        if (request.url.endsWith("/version")) return Response.json({ etcdserver: "3.4.23" });
        asked++;
        if (isSilent) await release.promise;
        const error = "etcdserver: request timed out";
        return Response.json({ error, code: 14 }, { status: 503 });
      },
    );
    const hosts = [slow, fast].map(({ addr }) => `127.0.0.1:${addr.port}`);
    await using db = await openEtcdAt(hosts, { request_timeout: "0.3" });
    assert.equal(await db.tableVersion("lport"), "7:0");
    assert.equal(asked, 1);
    release.resolve();
  }
});

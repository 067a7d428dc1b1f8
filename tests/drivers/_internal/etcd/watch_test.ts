import assert from "node:assert/strict";
import { endAfterTests } from "../../../support/end_after_tests.ts";
import { ctlAsRoot, enableEtcdLogin, enableEtcdLoginFor } from "../../../support/etcd/login.ts";
import { EtcdServer } from "../../../support/etcd/server.ts";
import { type NotedWatch, WatchFixture } from "../../../support/etcd/watch.ts";
import { eventually } from "../../../support/eventually.ts";
import { startProxy } from "../../../support/tcp_proxy.ts";

function test(name: string, run: () => Promise<void>): void {
  Deno.test(`watch of etcd ${name}`, run);
}

/** Each test that ends some of its members starts them again. */
const three = await EtcdServer.start({ members: 3 });
const COMPACTED = "gap: its later events were compacted before they were read";

test("hands out every change after it is live, of a key and of a range", async () => {
  await using server = await EtcdServer.start();
  await using etcd = await WatchFixture.open(server.addresses);
  await etcd.put("/a/1", "before");
  const [key, range] = [etcd.watch("/a/1"), etcd.watch("/a/")];
  await Promise.all([key.until("live"), range.until("live")]);
  await etcd.put("/a/1", "x");
  await etcd.put("/a/2", "y");
  await etcd.put("/b/1", "z");
  await server.ctl(["del", "/a/1"]);
  await range.until("/a/1 deleted");
  assert.deepEqual(range.events, ["/a/1=x", "/a/2=y", "/a/1 deleted"]);
  await key.until("/a/1 deleted");
  assert.deepEqual(key.events, ["/a/1=x", "/a/1 deleted"]);
});

test("resumes with nothing missing, when its connection is cut and restored", async () => {
  await using server = await EtcdServer.start();
  const [address = ""] = server.addresses;
  await using proxy = await startProxy(Number(address.split(":")[1]));
  await using writer = await WatchFixture.open(server.addresses);
  await using etcd = await WatchFixture.open([proxy.uri.replace("tcp://", "")]);
  const key = etcd.watch("/a");
  await key.until("live");
  const wanted: string[] = [];
  for (let round = 0; round < 5; round++) {
    proxy.cut();
    await writer.put("/a", `away ${round}`);
    await key.until("lost");
    proxy.mend();
    await key.until(`/a=away ${round}`);
    await writer.put("/a", `here ${round}`);
    await key.until(`/a=here ${round}`);
    wanted.push(`/a=away ${round}`, `/a=here ${round}`);
  }
  assert.deepEqual(key.events, wanted);
});

test("goes on at another member, with nothing missing, when a member is killed", async () => {
  await using etcd = await WatchFixture.open(three.addresses);
  const key = etcd.watch("/a");
  await key.until("live");
  for (const [at, member] of three.members.entries()) {
    await member.kill();
    await eventually(() => etcd.put("/a", `${at}`).then(() => true, () => false), (done) => done);
    await key.until(`/a=${at}`);
    member.restart();
    await three.ready();
  }
  assert.deepEqual(new Set(key.events), new Set(["/a=0", "/a=1", "/a=2"]));
});

test("is lost with the quorum and live again with it", async () => {
  await using etcd = await WatchFixture.open(three.addresses, {
    options: { request_timeout: "1" },
  });
  const key = etcd.watch("/a");
  await key.until("live");
  const [first, second] = three.members;
  await Promise.all([first?.kill(), second?.kill()]);
  await key.until("lost");
  first?.restart();
  second?.restart();
  await three.ready();
  await key.until("live");
  await eventually(() => etcd.put("/a", "x").then(() => true, () => false), (done) => done);
  await key.until("/a=x");
});

test("has a gap only where events were compacted while it was away", async () => {
  await using server = await EtcdServer.start();
  const [address = ""] = server.addresses;
  await using proxy = await startProxy(Number(address.split(":")[1]));
  await using writer = await WatchFixture.open(server.addresses);
  await using etcd = await WatchFixture.open([proxy.uri.replace("tcp://", "")]);
  await writer.put("/quiet", "1");
  const [busy, quiet, unused] = ["/busy", "/quiet", "/unused"].map((path) => etcd.watch(path));
  await Promise.all([busy, quiet, unused].map((watch) => watch?.until("live")));
  await writer.put("/busy", "0");
  await busy?.until("/busy=0");
  proxy.cut();
  await busy?.until("lost");
  for (let n = 1; n <= 5; n++) await writer.put("/busy", `${n}`);
  assert((await server.ctl(["compact", "7"])).isOk);
  proxy.mend();
  await busy?.until("/busy=5");
  assert.deepEqual(busy?.events, ["/busy=0", COMPACTED, "/busy=4", "/busy=5"]);
  await writer.put("/quiet", "2");
  await quiet?.until("/quiet=2");
  assert.deepEqual(quiet?.events, ["/quiet=2"]);
  await writer.put("/unused", "1");
  await unused?.until("/unused=1");
  assert.deepEqual(unused?.events, ["/unused=1"]);
});

test("begins after a revision, in the cluster to which it belongs", async () => {
  await using server = await EtcdServer.start();
  await using etcd = await WatchFixture.open(server.addresses);
  for (const value of ["1", "2", "3"]) await etcd.put("/a", value);
  const first = etcd.watch("/a", { after: 2 });
  await first.until("/a=3");
  assert.deepEqual(first.events, ["/a=2", "/a=3"]);
  const foreign = etcd.watch("/a", { after: 2, cluster: "1" });
  await foreign.until("live");
  assert.deepEqual(foreign.events, ["gap: another etcd answers now, without the last events"]);
  const future = etcd.watch("/a", { after: 2_000, cluster: first.watch.cluster });
  await future.until("gap: the database was set back");
  await etcd.put("/a", "4");
  await Promise.all([first, foreign, future].map((watch) => watch.until("/a=4")));
});

test("has a gap, when the database was set back and has got further since then", async () => {
  await using server = await EtcdServer.start();
  const [member] = server.members;
  assert(member !== undefined);
  const withoutIt = async (change: () => Promise<void>) => {
    await member.kill();
    await change();
    member.restart();
    await server.ready();
  };
  await withoutIt(() => member.backUp());
  await using proxy = await startProxy(Number(member.address.split(":")[1]));
  await using etcd = await WatchFixture.open([proxy.uri.replace("tcp://", "")]);
  const [key, range, quiet] = ["/a", "/b/", "/c"].map((path) => etcd.watch(path));
  assert(key !== undefined && range !== undefined && quiet !== undefined);
  await Promise.all([key, range, quiet].map((watch) => watch.until("live")));
  await using writer = await WatchFixture.open(server.addresses);
  const putBoth = async (value: string) => {
    for (const path of ["/a", "/b/1"]) await writer.put(path, value);
  };
  await putBoth("lost");
  await Promise.all([key.until("/a=lost"), range.until("/b/1=lost")]);
  proxy.cut();
  await withoutIt(() => member.setBack());
  await eventually(() => putBoth("x").then(() => true, () => false), (isDone) => isDone);
  await putBoth("y");
  await writer.put("/c", "z");
  proxy.mend();
  await quiet.until("/c=z");
  await putBoth("last");
  await Promise.all([key.until("/a=last"), range.until("/b/1=last")]);
  const gap = "gap: the database was set back to an earlier state";
  assert.deepEqual(key.events, ["/a=lost", gap, "/a=last"]);
  assert.deepEqual(range.events, ["/b/1=lost", gap, "/b/1=last"]);
  assert.deepEqual(quiet.events, ["/c=z"]);
});

test("finds out by a read that its member has fallen silent, and goes on at another", async () => {
  const options = { request_timeout: "1" };
  await using etcd = await WatchFixture.open(three.addresses, { silenceMs: 200, options });
  const key = etcd.watch("/a");
  await key.until("live");
  for (const [at, member] of three.members.entries()) {
    await member.freeze();
    await eventually(() => etcd.put("/a", `${at}`).then(() => true, () => false), (done) => done);
    await key.until(`/a=${at}`);
    member.thaw();
    await three.ready();
  }
});

test("advances while nothing happens, so that a compaction costs it nothing", async () => {
  await using server = await EtcdServer.start();
  await using etcd = await WatchFixture.open(server.addresses, { silenceMs: 50 });
  const [key, range] = [etcd.watch("/a"), etcd.watch("/t/")];
  await Promise.all([key.until("live"), range.until("live")]);
  for (let n = 0; n < 10; n++) await etcd.put("/other", `${n}`);
  await eventually(() => Math.min(key.watch.after ?? 0, range.watch.after ?? 0), (at) => at >= 11);
  assert.deepEqual([...key.events, ...range.events], []);
});

test("shares few connections among many watches", async () => {
  await using server = await EtcdServer.start();
  await using etcd = await WatchFixture.open(server.addresses);
  const watches: NotedWatch[] = [];
  for (let n = 0; n < 500; n++) watches.push(etcd.watch(`/many/${n}`));
  await Promise.all(watches.map((watch) => watch.until("live")));
  const metrics = await (await fetch(`http://${server.addresses[0]}/metrics`)).text();
  const streams = /^etcd_debugging_mvcc_watch_stream_total (\d+)/m.exec(metrics)?.[1];
  assert(Number(streams) <= 8, `${streams} streams`);
  for (let n = 0; n < 500; n += 50) await etcd.put(`/many/${n}`, "x");
  for (let n = 0; n < 500; n += 50) await watches[n]?.until(`/many/${n}=x`);
});

test("goes on with a new token, when its own has expired", async () => {
  await using server = await EtcdServer.start({ flags: ["--auth-token-ttl", "1"] });
  await enableEtcdLogin(server);
  const [address = ""] = server.addresses;
  await using proxy = await startProxy(Number(address.split(":")[1]));
  const options = { username: "root", password: "s3cret" };
  await using etcd = await WatchFixture.open([proxy.uri.replace("tcp://", "")], { options });
  const key = etcd.watch("/a");
  await key.until("live");
  assert((await server.ctl(["--user", "root:s3cret", "auth", "disable"])).isOk);
  assert((await server.ctl(["auth", "enable"])).isOk);
  proxy.cut();
  await key.until("lost");
  proxy.mend();
  await key.until("live");
  await etcd.put("/a", "x");
  await key.until("/a=x");
});

test("is refused without the permission, beside others, and live once it is granted", async () => {
  await using server = await EtcdServer.start();
  await enableEtcdLoginFor(server, "/a");
  const options = { username: "reader", password: "r" };
  await using etcd = await WatchFixture.open(server.addresses, { options, silenceMs: 200 });
  const [other, own] = [etcd.watch("/b"), etcd.watch("/a")];
  await Promise.all([other.until("refused: "), own.until("live")]);
  await etcd.put("/a", "x");
  await own.until("/a=x");
  await ctlAsRoot(server, "role", "grant-permission", "some", "read", "/b");
  await other.until("live");
});

endAfterTests(three);

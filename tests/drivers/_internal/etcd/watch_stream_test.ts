import assert from "node:assert/strict";
import { ctlAsRoot, enableEtcdLoginFor } from "../../../support/etcd/login.ts";
import { EtcdServer } from "../../../support/etcd/server.ts";
import { WatchFixture } from "../../../support/etcd/watch.ts";
import { type Passage, startProxy } from "../../../support/tcp_proxy.ts";

/** A member that can fall silent: its connections stay open. */
class SilentMember {
  /** Number of watch requests that it received. */
  watches = 0;
  isSilent = false;

  requests = (): Passage =>
    new TransformStream({
      transform: (bytes, passage) => {
        if (new TextDecoder().decode(bytes).startsWith("POST /v3/watch")) this.watches++;
        if (!this.isSilent) passage.enqueue(bytes);
      },
    });

  replies = (): Passage =>
    new TransformStream({
      transform: (bytes, passage) => {
        if (!this.isSilent) passage.enqueue(bytes);
      },
    });
}

Deno.test("WatchStream starts again at the next member, when its own falls silent", async () => {
  await using server = await EtcdServer.start();
  const port = Number(server.addresses[0]?.split(":")[1]);
  const members = [new SilentMember(), new SilentMember()];
  await using proxies = new AsyncDisposableStack();
  const hosts: string[] = [];
  for (const { requests, replies } of members) {
    const { uri } = proxies.use(await startProxy(port, requests, replies));
    hosts.push(uri.replace("tcp://", ""));
  }
  const options = { request_timeout: "1" };
  await using etcd = await WatchFixture.open(hosts, { silenceMs: 200, options });
  await using writer = await WatchFixture.open(server.addresses);
  const key = etcd.watch("/a");
  await key.until("live");
  for (const member of members) member.isSilent = member.watches > 0;
  await writer.put("/a", "x");
  await key.until("/a=x");
  assert.deepEqual(members.map(({ watches }) => watches), [1, 1]);
});

Deno.test("WatchStream requests a refused watch again, while events of another one keep arriving", async () => {
  await using server = await EtcdServer.start();
  await enableEtcdLoginFor(server, "/a");
  const options = { username: "reader", password: "r" };
  await using etcd = await WatchFixture.open(server.addresses, { options, silenceMs: 500 });
  const [other, own] = [etcd.watch("/b"), etcd.watch("/a")];
  await Promise.all([other.until("refused: "), own.until("live")]);
  await ctlAsRoot(server, "role", "grant-permission", "some", "read", "/b");
  const busy = new AbortController();
  const putting = (async () => {
    while (!busy.signal.aborted) await etcd.put("/a", "x");
  })();
  await other.until("live").finally(() => busy.abort());
  await putting;
});

import assert from "node:assert/strict";
import { base64 } from "../../../../drivers/_internal/etcd/keys.ts";
import { gatewayOf } from "../../../support/etcd/gateway.ts";
import { EtcdServer } from "../../../support/etcd/server.ts";
import { WatchFixture } from "../../../support/etcd/watch.ts";

Deno.test("EtcdClient asks another member, and is uncertain about a write, when a proxy answers 503", async () => {
  await using server = await EtcdServer.start();
  let isDown = false;
  const failure = () => new Response("<html>No server is available</html>", { status: 503 });
  await using proxy = gatewayOf(server, () => isDown, failure);
  const address = `127.0.0.1:${proxy.addr.port}`;
  await using etcd = await WatchFixture.open([address, ...server.addresses]);
  await using alone = await WatchFixture.open([address]);
  isDown = true;
  await etcd.client.call("kv/range", { key: base64("/a") }, "read");
  await assert.rejects(alone.put("/a", "1"), {
    name: "NoAnswer",
    isUncertain: true,
    message: `http://${address}: HTTP 503; the write may have been carried out`,
  });
});

Deno.test("EtcdClient keeps its session, when a caller ends a stream", async () => {
  await using server = await EtcdServer.start();
  const paths: string[] = [];
  await using gateway = gatewayOf(server, (path) => {
    paths.push(path);
    return false;
  });
  await using etcd = await WatchFixture.open([`127.0.0.1:${gateway.addr.port}`]);
  // Each new key needs another stream.
  for (const key of ["a", "b", "c"]) {
    await etcd.watch(`/pubsub/${key}`).until("live");
    await etcd.put(`/pubsub/${key}`, "1");
  }
  assert.equal(paths.filter((path) => path.endsWith("/watch")).length, 3);
  assert.equal(paths.filter((path) => path === "/version").length, 1);
});

import assert from "node:assert/strict";
import { gatewayOf } from "../../../support/etcd_gateway.ts";
import { EtcdServer } from "../../../support/etcd_server.ts";
import { WatchFixture } from "../../../support/etcd_watch.ts";

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

import assert from "node:assert/strict";
import { systemClock } from "../../../service/base/clock.ts";
import { effectiveSettings } from "../../support/effective_settings.ts";
import { heldAfterHandshake } from "../../support/held_after_handshake.ts";
import { LossyPublisher } from "../../support/lossy_publisher.ts";
import { NetworkFixture } from "../../support/network_fixture.ts";
import { startProxy } from "../../support/tcp_proxy.ts";
import { zmqDriver } from "../../support/zmq_drivers.ts";

Deno.test("NetworkSubscriber has everything read again, when its subscriptions came late and events went before", async () => {
  const fixture = await NetworkFixture.create();
  const settings = await effectiveSettings({ "df.pub_sub_sync_jitter": "0" });
  await using publisher = await LossyPublisher.open(zmqDriver({ "df.publisher_port": "0" }));
  const subscribed = Promise.withResolvers<void>();
  const port = Number(publisher.address.split(":").at(-1));
  await using proxy = await startProxy(port, () => heldAfterHandshake(subscribed.promise));
  await using node = await fixture.open({
    settings,
    clock: systemClock,
    publisherUris: [proxy.uri],
    topics: ["D"],
  });
  await node.ready();
  publisher.announce("missed");
  subscribed.resolve();
  await fixture.updates.has(() => fixture.seen.includes("sync"));
  assert.deepEqual(fixture.seen, ["sync"]);
});

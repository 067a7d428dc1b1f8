import { etcdDriver } from "../../support/etcd/driver.ts";
import { EtcdServer } from "../../support/etcd/server.ts";
import { assertLateTopicHasGap, LATE_TOPICS } from "../../support/late_topic.ts";

for (const { isConnected, when } of LATE_TOPICS) {
  Deno.test(`etcd bus reports a gap for a topic, when it is registered ${when}`, async () => {
    await using server = await EtcdServer.start();
    const [address = ""] = server.addresses;
    await assertLateTopicHasGap(address, (at) => etcdDriver([at]), isConnected);
  });
}

import { withoutLeaks } from "../../support/handles.ts";
import { assertLateTopicHasGap, LATE_TOPICS } from "../../support/late_topic.ts";
import { redisStreamDriver } from "../../support/redis/drivers.ts";
import { startRedis } from "../../support/redis/server.ts";

for (const { isConnected, when } of LATE_TOPICS) {
  Deno.test(`redis streams report a gap for a topic, when it is registered ${when}`, async () => {
    await withoutLeaks(async () => {
      await using server = await startRedis();
      const driverAt = (address: string) => redisStreamDriver({ addresses: [address] });
      await assertLateTopicHasGap(server.address, driverAt, isConnected);
    });
  });
}

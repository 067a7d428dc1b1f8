// Many nodes in one process. Each is a subscriber whose application applies every event at once.
// Prints the time at which the last node received an event. Usage: fleet_nodes.ts ADDRESS COUNT
import * as registry from "../drivers/registry.ts";
import type { FrameSubscriber } from "../drivers/contract/pubsub.ts";
import { silentLogger } from "../drivers/contract/logger.ts";
import { benchSettings } from "./redis_settings.ts";

const [address = "", count = ""] = Deno.args;
const settings = await benchSettings([]);
const driver = await registry.loadPubSubDriver("zmq_pubsub_driver", {
  settings,
  log: silentLogger,
});
const nodes = Number(count);
let left = nodes;

async function read(subscriber: FrameSubscriber): Promise<void> {
  subscriber.markApplied?.(0);
  let taken = 0;
  for await (const { length } of subscriber.batches()) {
    taken += length;
    subscriber.markApplied?.(taken);
    left -= length;
    if (left > 0) continue;
    left = nodes;
    console.log(`applied ${performance.timeOrigin + performance.now()}`);
  }
}

for (let at = 0; at < nodes; at++) {
  const subscriber = await driver.openSubscriber();
  subscriber.registerTopic("D");
  subscriber.registerListenAddress(address);
  void read(subscriber);
  await subscriber.ready({ timeoutMs: 30_000 });
}
console.log("live");

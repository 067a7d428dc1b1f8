// Many nodes in one process: each a subscriber of a publisher, whose application takes at once what
// comes. Prints when the last of them had an event. With a digit each node has a topic of its own, D
// and a number of that many hexadecimal digits; "silent" ones report nothing.
// Usage: fleet_nodes.ts ADDRESS COUNT [DIGITS [silent]]
import * as registry from "../../drivers/registry.ts";
import type { FrameSubscriber } from "../../drivers/contract/pubsub.ts";
import { silentLogger } from "../../drivers/contract/logger.ts";
import { benchSettings } from "../redis/settings.ts";

const [address = "", count = "", digits, silent] = Deno.args;
const settings = await benchSettings([]);
const driver = await registry.loadPubSubDriver("zmq_pubsub_driver", {
  settings,
  log: silentLogger,
});
const nodes = Number(count);
let left = nodes;

async function read(subscriber: FrameSubscriber): Promise<void> {
  if (silent === undefined) subscriber.markApplied?.(0);
  let taken = 0;
  for await (const { length } of subscriber.batches()) {
    taken += length;
    if (silent === undefined) subscriber.markApplied?.(taken);
    left -= length;
    if (left > 0) continue;
    left += nodes;
    console.log(`applied ${performance.timeOrigin + performance.now()}`);
  }
}

for (let at = 0; at < nodes; at++) {
  const subscriber = await driver.openSubscriber();
  const suffix = digits === undefined ? "" : at.toString(16).padStart(Number(digits), "0");
  subscriber.registerTopic(`D${suffix}`);
  subscriber.registerListenAddress(address);
  void read(subscriber);
  await subscriber.ready({ timeoutMs: 30_000 });
}
console.log("live");

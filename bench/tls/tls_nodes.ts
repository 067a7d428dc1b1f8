// Nodes of one service, all in one process: connections of one subscriber, each to another address of
// the loopback. Prints "live" when they are connected. For each line of input: a number of events
// begins a round ("ready", then "done" when every node has that number), and "again" makes all
// connections anew at once ("again MS").
// Usage: tls_nodes.ts ADDRESS COUNT [SETTING…]
import * as registry from "../../drivers/registry.ts";
import { silentLogger } from "../../drivers/contract/logger.ts";
import { benchSettings } from "../redis/settings.ts";

const [address = "", count = "", ...overrides] = Deno.args;
const [, scheme, port] = /^(\w+):.*:(\d+)$/.exec(address) ?? [];
const settings = await benchSettings(overrides);
const context = { settings, log: silentLogger };
const driver = await registry.loadPubSubDriver("zmq_pubsub_driver", context);
const subscriber = await driver.openSubscriber();
const nodes = Array.from(
  { length: Number(count) },
  (_, index) => `${scheme}://127.0.${1 + (index >> 8)}.${index & 255}:${port}`,
);
let left = Infinity;

async function read(): Promise<void> {
  for await (const { length } of subscriber.batches()) {
    left -= length;
    if (left <= 0) console.log("done");
    if (left <= 0) left = Infinity;
  }
}

async function connect(): Promise<number> {
  const from = performance.now();
  for (const node of nodes) subscriber.registerListenAddress(node);
  await subscriber.ready({ timeoutMs: 60_000 });
  return performance.now() - from;
}

subscriber.registerTopic("D");
void read();
await connect();
console.log("live");
for await (const text of Deno.stdin.readable.pipeThrough(new TextDecoderStream())) {
  const line = text.trim();
  if (line === "again") {
    for (const node of nodes) subscriber.unregisterListenAddress(node);
    console.log(`again ${await connect()}`);
  } else {
    left = Number(line) * nodes.length;
    console.log("ready");
  }
}

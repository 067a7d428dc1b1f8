// The whole system on one machine: each part is the real program in its own process, in a temporary
// directory. It uses the embedded database, Redis under Sentinel with --redis, or three members of
// etcd with --etcd.
import { parseArgs } from "node:util";
import { embeddedDemo } from "./embedded.ts";
import { etcdDemo } from "./etcd.ts";
import { redisDemo } from "./redis.ts";
import { say, Stage } from "./stage.ts";

const { values: flags } = parseArgs({
  options: { redis: { type: "boolean" }, etcd: { type: "boolean" } },
});
const demo = flags.etcd ? etcdDemo : flags.redis ? redisDemo : embeddedDemo;
const start = performance.now();
const directory = await Deno.makeTempDir({ prefix: "df-pubsub-demo-" });
try {
  await using stage = new Stage();
  await demo(stage, directory);
  say(`\nDone in ${((performance.now() - start) / 1000).toFixed(1)} s\n`);
} finally {
  await Deno.remove(directory, { recursive: true });
}

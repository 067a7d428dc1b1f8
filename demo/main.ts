// The whole system on one machine: each part is the real program in its own process, in a temporary
// directory. It uses the embedded database, or Redis under Sentinel with --redis.
import { parseArgs } from "node:util";
import { embeddedDemo } from "./embedded.ts";
import { redisDemo } from "./redis.ts";
import { say, Stage } from "./stage.ts";

const { values: flags } = parseArgs({ options: { redis: { type: "boolean" } } });
const start = performance.now();
const directory = await Deno.makeTempDir({ prefix: "df-pubsub-demo-" });
try {
  await using stage = new Stage();
  await (flags.redis ? redisDemo(stage, directory) : embeddedDemo(stage, directory));
  say(`\nDone in ${((performance.now() - start) / 1000).toFixed(1)} s\n`);
} finally {
  await Deno.remove(directory, { recursive: true });
}

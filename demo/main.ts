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
const interrupted = Promise.withResolvers<Deno.Signal>();
for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const) {
  Deno.addSignalListener(signal, () => interrupted.resolve(signal));
}
const start = performance.now();
const directory = await Deno.makeTempDir({ prefix: "df-pubsub-demo-" });
let signal: Deno.Signal | void;
try {
  await using stage = new Stage();
  signal = await Promise.race([demo(stage, directory), interrupted.promise]);
  const end = signal === undefined ? "Done" : `Stopped by ${signal}`;
  say(`\n${end} in ${((performance.now() - start) / 1000).toFixed(1)} s\n`);
} finally {
  await Deno.remove(directory, { recursive: true });
}
// An interrupted demo may still have pending steps, which would keep this process running.
Deno.exit(signal === undefined ? 0 : 1);

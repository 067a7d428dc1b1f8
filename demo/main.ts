// The whole system on one machine: each part is the real program in its own process, in a temporary
// directory. It uses the embedded database, Redis under Sentinel with --redis, or three members of
// etcd with --etcd.
import { parseArgs } from "node:util";
import { embeddedDemo } from "./embedded.ts";
import { etcdDemo } from "./etcd.ts";
import { redisDemo } from "./redis.ts";
import { say, Stage } from "./stage.ts";

const DEMOS = {
  embedded: {
    run: embeddedDemo,
    about: "Two controllers and five compute nodes exchange events on this machine.\n" +
      "A node freezes, and a controller is killed.",
  },
  redis: {
    run: redisDemo,
    about: "Controllers and compute nodes exchange events through Redis on this machine.\n" +
      "The master of Redis is killed, and a node freezes.",
  },
  etcd: {
    run: etcdDemo,
    about:
      "Two controllers and three compute nodes exchange events through etcd on this machine.\n" +
      "The leader of etcd is killed.",
  },
};

function wantedDemo(): keyof typeof DEMOS {
  try {
    const { values: { redis, etcd } } = parseArgs({
      options: { redis: { type: "boolean" }, etcd: { type: "boolean" } },
    });
    if (!redis || !etcd) return redis ? "redis" : etcd ? "etcd" : "embedded";
  } catch {
    // Another argument.
  }
  console.error(`Arguments "${Deno.args.join(" ")}": wanted none, --redis or --etcd`);
  Deno.exit(2);
}

const { run, about } = DEMOS[wantedDemo()];
say(`${about} Each line begins with the name of its process.\n`);
const interrupted = Promise.withResolvers<Deno.Signal>();
for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const) {
  Deno.addSignalListener(signal, () => interrupted.resolve(signal));
}
const start = performance.now();
const directory = await Deno.makeTempDir({ prefix: "df-pubsub-demo-" });
let signal: Deno.Signal | void;
try {
  await using stage = new Stage();
  signal = await Promise.race([run(stage, directory), interrupted.promise]);
  const end = signal === undefined ? "Done" : `Stopped by ${signal}`;
  say(`\n${end} in ${((performance.now() - start) / 1000).toFixed(1)} s\n`);
} finally {
  await Deno.remove(directory, { recursive: true });
}
// An interrupted demo may still have pending steps, which would keep this process running.
Deno.exit(signal === undefined ? 0 : 1);

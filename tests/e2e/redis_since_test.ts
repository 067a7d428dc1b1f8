import assert from "node:assert/strict";
import type { Deployment } from "../support/deployment.ts";
import { eventLine, eventLines } from "../support/events.ts";
import { CHANNELS, redisDeployment, STREAMS } from "../support/redis/deployment.ts";
import { startRedis } from "../support/redis/server.ts";

const TOTAL = 300;
/** Events written while a subscriber runs that reads about as many. */
const STEP = 60;

interface Printed {
  readonly key: string | null;
  readonly action: string;
  readonly position: string;
}

const parse = (lines: readonly string[]): Printed[] => lines.map((line) => JSON.parse(line));
const keys = (lines: readonly string[]) => parse(lines).map(({ key }) => key);

/** The output of `subscribe` with these arguments, up to a number of events. */
async function replayed(deployment: Deployment, count: number, ...args: string[]) {
  const bounds = ["--count", String(count), "--timeout", "10"];
  const { code, stdout, stderr } = await deployment.runHere(["subscribe", ...args, ...bounds]);
  assert.equal(code, 0, stderr);
  return stdout.trim().split("\n");
}

Deno.test("subscribe --since replays from the start, an age or a position, and then continues", async () => {
  await using server = await startRedis();
  await using deployment = await redisDeployment({ addresses: [server.address] }, STREAMS);
  await deployment.publish(eventLines(5));
  const all = await replayed(deployment, 5, "--since", "start");
  assert.deepEqual(keys(all), ["p0", "p1", "p2", "p3", "p4"]);
  const position = parse(all)[2]?.position ?? "";
  assert.deepEqual(keys(await replayed(deployment, 2, "--since", position)), ["p3", "p4"]);
  await using live = await deployment.subscribe(["--since", "10m"]);
  await live.stdout.waitForLines(5);
  await deployment.publish(eventLine("later"));
  await live.stdout.waitFor(/"later"/);
  assert.deepEqual(keys(live.stdout.lines), [...keys(all), "later"]);
});

Deno.test("subscribe --since its last position misses nothing, when it is killed repeatedly", async () => {
  await using server = await startRedis();
  await using deployment = await redisDeployment({ addresses: [server.address] }, STREAMS);
  await using publisher = deployment.start(["publish", "--stdin"]);
  const lines = Array.from({ length: TOTAL }, (_, number) => eventLine(`p${number}`));
  const seen: Printed[] = [];
  let starts = 0;
  while (seen.at(-1)?.key !== `p${TOTAL - 1}`) {
    const since = seen.at(-1)?.position ?? "start";
    await using subscriber = deployment.start(["subscribe", "--json", "--since", since]);
    await publisher.write(lines.slice(starts * STEP, (starts + 1) * STEP).join(""));
    starts++;
    await subscriber.stdout.waitForLines(Math.min(STEP, TOTAL - seen.length));
    const { stdout } = await subscriber.stop("SIGKILL");
    // Lines that were incomplete when it was killed count as not printed.
    seen.push(...parse(stdout.split("\n").slice(0, -1)));
  }
  await publisher.endInput();
  assert.equal((await publisher.result()).code, 0);
  console.log(`${TOTAL} published, ${seen.length} printed by ${starts} subscribers, each once`);
  assert(starts > 2, "it must be killed in the middle");
  assert.deepEqual(seen.map(({ key }) => key), Array.from({ length: TOTAL }, (_, n) => `p${n}`));
});

Deno.test("subscribe --since exits 2, when the bus stores no events or the time is invalid", async () => {
  await using deployment = await redisDeployment({ addresses: ["127.0.0.1:1"] });
  for (const driver of [CHANNELS["df.pub_sub_driver"], "libzmq_pubsub_driver"]) {
    const other = { "df.pub_sub_driver": driver };
    const { code, stderr } = await deployment.runHere(["subscribe", "--since", "10m"], "", other);
    assert.equal(code, 2, stderr);
    assert.match(stderr, new RegExp(`past: "${driver}" does not keep events`));
  }
  for (const since of ["yesterday", "-1s", "5-", ""]) {
    const { code, stderr } = await deployment.runHere(["subscribe", "--since", since], "", STREAMS);
    assert.equal(code, 2, stderr);
    assert.match(stderr, /--since/);
  }
});

import assert from "node:assert/strict";
import type { Overrides } from "../support/deployment.ts";
import { eventLine, printedEvents } from "../support/events.ts";
import {
  listedPublishers,
  parseRows,
  untilListed,
  untilRefreshed,
} from "../support/publisher_list.ts";
import { CHANNELS, redisDeployment, serveOnBroker, STREAMS } from "../support/redis/deployment.ts";
import { openRedisAt } from "../support/redis/db.ts";
import { startRedis } from "../support/redis/server.ts";

const EVENT = ["--table", "lport", "--key", "single", "--action", "set"];
const KILLED = 128 + 9;
/** The subject of each event that the test below publishes, in order. */
const KEYS = ["single", "fenced", "a", "b", "confirmed"];

const ZMQ: Overrides = {
  "df.pub_sub_driver": "zmq_pubsub_driver",
  "df.pub_sub_use_multiproc": true,
};

const BUSES: readonly (readonly [what: string, overrides: Overrides])[] = [
  ["channels", CHANNELS],
  ["channels through the service", { ...CHANNELS, "df.pub_sub_use_multiproc": true }],
  ["streams", STREAMS],
  ["streams through the service", { ...STREAMS, "df.pub_sub_use_multiproc": true }],
  ["ZeroMQ, with Redis as database only", ZMQ],
];

for (const [what, overrides] of BUSES) {
  Deno.test(`serve, publish, subscribe and publishers work over ${what}`, async () => {
    await using server = await startRedis();
    await using deployment = await redisDeployment({ addresses: [server.address] }, overrides);
    await using service = await serveOnBroker(deployment);
    await using broad = await deployment.subscribe(["--table", "lport"]);
    await using narrow = await deployment.subscribeHere(["--table", "lport", "--topic", "red"]);
    const runs = [
      await deployment.runHere(["publish", ...EVENT]),
      // "redder" begins like the requested topic, and is a different one.
      await deployment.runHere(["publish", ...EVENT, "--key", "other", "--topic", "redder"]),
      await deployment.runHere(["publish", ...EVENT, "--key", "fenced", "--topic", "red"]),
      await deployment.runHere(["publish", "--stdin"], eventLine("a") + eventLine("b")),
      await deployment.run(["publish", ...EVENT, "--key", "confirmed", "--confirm"]),
    ];
    for (const { code, stderr } of runs) assert.equal(code, 0, stderr);
    assert.equal(JSON.parse(runs.at(-1)?.stdout ?? "").confirmed, 1);
    await narrow.stdout.waitFor(/"confirmed"/);
    await broad.stdout.waitFor(/"confirmed"/);
    const keys = (lines: string[]) => printedEvents(lines).map(({ key }) => key).toSorted();
    assert.deepEqual(keys(narrow.stdout.lines), KEYS.toSorted());
    assert.deepEqual(keys(broad.stdout.lines), KEYS.filter((key) => key !== "fenced").toSorted());
    const rows = await listedPublishers(deployment);
    assert.deepEqual(rows.map(({ state }) => state), ["alive"]);
    for (const each of [broad, narrow, service]) {
      const { code, stderr } = await each.stop();
      assert.equal(code, 0, stderr);
      assert.doesNotMatch(stderr, / (warn|error) (?!Advertising)/);
    }
    assert.deepEqual(await listedPublishers(deployment), []);
  });
}

Deno.test("serve removes the publisher of a killed controller from the table in Redis", async () => {
  await using server = await startRedis();
  await using deployment = await redisDeployment({ addresses: [server.address] }, {
    "df.publisher_timeout": 1.5,
    "df.stale_publisher_poll_time": 0.2,
    "df.monitor_table_poll_time": 0.2,
  });
  await using survivor = await serveOnBroker(deployment, { "df.publisher_id_name": "survivor" });
  await using node = await deployment.subscribeHere(["--table", "publisher"]);
  const [before] = await listedPublishers(deployment);
  await using dying = await serveOnBroker(deployment, { "df.publisher_id_name": "dying" });
  const both = await listedPublishers(deployment);
  assert.deepEqual(both.map(({ state }) => state), ["alive", "alive"]);
  const id = both.find((row) => row["id"] !== before?.["id"])?.["id"];
  await using db = await openRedisAt({ hosts: [server.address] });
  await untilRefreshed(db, id);
  assert.equal((await dying.stop("SIGKILL")).code, KILLED);
  await survivor.stderr.waitFor(new RegExp(`Removing publisher "${id}"`));
  await node.stdout.waitFor(new RegExp(`"key":"${id}","action":"delete"`));
  const left = await listedPublishers(deployment);
  assert.deepEqual(left.map((row) => [row["id"], row["state"]]), [[before?.["id"], "alive"]]);
});

Deno.test("publishers prune removes a killed controller's row from Redis, --dry-run does not", async () => {
  await using server = await startRedis();
  await using deployment = await redisDeployment({ addresses: [server.address] }, {
    "df.publisher_timeout": 0.5,
  });
  await using dying = await serveOnBroker(deployment);
  await dying.stop("SIGKILL");
  const [row] = await untilListed(deployment, ([first]) => first?.["state"] === "stale");
  for (const args of [["--dry-run"], []]) {
    const { code, stdout } = await deployment.runHere(["publishers", "prune", ...args]);
    assert.deepEqual([code, parseRows(stdout).map(({ id }) => id)], [0, [row?.["id"]]]);
  }
  assert.deepEqual(await listedPublishers(deployment), []);
});

Deno.test("publish to Redis ends on SIGINT in the middle of a flood, with its counts", async () => {
  await using server = await startRedis();
  await using deployment = await redisDeployment({ addresses: [server.address] });
  await using subscriber = await deployment.subscribeHere(["--count", "1", "--timeout", "20"]);
  await using flood = deployment.start(["publish", ...EVENT, "--count", "100000000"]);
  await subscriber.result();
  const { code, stderr } = await flood.stop("SIGINT");
  assert.match(stderr, /^published \d+ events?, refused 0$/m);
  assert.match(stderr, /^interrupted after \d+ of 100000000 events$/m);
  assert.equal(code, 1, stderr);
});

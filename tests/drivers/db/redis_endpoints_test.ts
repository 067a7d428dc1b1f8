import assert from "node:assert/strict";
import { bytesOf, FrameReader } from "../../support/frame_reader.ts";
import { withoutLeaks } from "../../support/handles.ts";
import { startCluster } from "../../support/redis/cluster.ts";
import { openRedisAt } from "../../support/redis/db.ts";
import { redisDriver, redisStreamDriver } from "../../support/redis/drivers.ts";
import { endAfterTests } from "../../support/end_after_tests.ts";
import { startLoneCluster } from "../../support/redis/lone_cluster.ts";
import { poll } from "../../support/redis/poll.ts";

const SHORT = { command_timeout: "1", connect_timeout: "3" };
const ROWS = Array.from({ length: 30 }, (_, n) => `t${n}`);

const cluster = await startCluster();

/** Makes every server announce the servers in this way. Resolves when all know each other's name. */
async function prefer(type: string, name = ""): Promise<void> {
  await Promise.all(cluster.nodes.map(async (node) => {
    await node.cli(["config", "set", "cluster-announce-hostname", name]);
    await node.cli(["config", "set", "cluster-preferred-endpoint-type", type]);
  }));
  await poll("every server knows the names", async () => {
    const views = await Promise.all(cluster.nodes.map((node) => node.cli(["cluster", "nodes"])));
    return views.join("").trim().split("\n").every((line) => nameIn(line) === name) || undefined;
  });
}

/** The host name in a line of CLUSTER NODES, whose second word is `ip:port@port,name`. */
function nameIn(line: string): string {
  return line.split(" ")[1]?.split(",")[1] ?? "";
}

async function worksEverywhere(addresses: readonly string[]): Promise<void> {
  await withoutLeaks(async () => {
    await using db = await openRedisAt({ hosts: addresses, options: SHORT });
    for (const table of ROWS) await db.create(table, "p1", table);
    for (const table of ROWS) assert.equal(await db.get(table, "p1"), table);
    for (const table of ROWS) await db.delete(table, "p1");
    for (const driver of [redisDriver({ addresses }), redisStreamDriver({ addresses })]) {
      await using subscriber = await driver.openSubscriber();
      await using publisher = await driver.openPublisher();
      const reader = new FrameReader(subscriber);
      for (const topic of ROWS) subscriber.registerTopic(topic);
      await subscriber.ready({ timeoutMs: 10_000 });
      for (const topic of ROWS) await publisher.send(topic, bytesOf("1"));
      for (const topic of ROWS) await reader.has(`${topic}|1`);
    }
  });
}

for (const type of ["ip", "unknown-endpoint"]) {
  Deno.test(`redis works in a cluster of one server that does not know its address, when it prefers ${type}`, async () => {
    await using node = await startLoneCluster();
    await node.cli(["config", "set", "cluster-preferred-endpoint-type", type]);
    await worksEverywhere([node.address]);
  });
}

for (
  const [type, name] of [["unknown-endpoint", ""], ["hostname", ""], [
    "hostname",
    "localhost",
  ]] as const
) {
  Deno.test(`redis works in a cluster, when its servers prefer ${type} and have the name "${name}"`, async () => {
    await prefer(type, name);
    await worksEverywhere(cluster.addresses);
  });
}

Deno.test("redis follows MOVED and ASK without a host, when a slot moves", async () => {
  await prefer("unknown-endpoint");
  await withoutLeaks(async () => {
    await using db = await openRedisAt({ hosts: cluster.addresses, options: SHORT });
    await db.create("lport", "p1", "1");
    const slot = await cluster.slotOf("{lport.}");
    const from = await cluster.nodeFor(slot);
    const to = (await cluster.masters()).find((master) => master !== from);
    assert(to !== undefined);
    const move = await cluster.slotMove(slot, to);
    await move.begin();
    await move.migrate();
    assert.equal(await db.get("lport", "p1", { topic: "" }), "1", "by ASK");
    await db.create("lport", "p2", "2");
    await move.migrate();
    await move.finish();
    assert.equal(await db.get("lport", "p2", { topic: "" }), "2", "by MOVED");
    await db.set("lport", "p1", "3");
    assert.deepEqual((await db.entries("lport")).map(({ value }) => value), ["3", "2"]);
  });
});

Deno.test("redis reports the server that does not resolve, when a cluster announces it by a host name", async () => {
  await prefer("hostname", "no-such-host.invalid");
  const opening = openRedisAt({ hosts: cluster.addresses, options: SHORT });
  await assert.rejects(opening, { message: /no-such-host\.invalid:\d+: no such host/ });
});

endAfterTests(cluster);

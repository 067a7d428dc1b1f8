import assert from "node:assert/strict";
import { eventLine } from "../support/events.ts";
import { listedPublishers, parseRows } from "../support/publisher_list.ts";
import { redisDeployment, serveOnBroker } from "../support/redis/deployment.ts";
import { startRedis } from "../support/redis/server.ts";

const FIVE_MIB = 5 * 2 ** 20;
const STALE = JSON.stringify({ id: "stale", uri: "tcp://stale:8866", last_activity_timestamp: 1 });

Deno.test("publishers and serve tolerate rows in Redis that are not publishers", async () => {
  await using server = await startRedis();
  await using deployment = await redisDeployment({ addresses: [server.address] }, {
    "df.stale_publisher_poll_time": 60,
    "df.monitor_table_poll_time": 0.2,
  });
  const row = (key: string) => `{publisher.}.${key}`;
  const large = `"${"x".repeat(FIVE_MIB)}"`;
  await using service = await serveOnBroker(deployment);
  await server.cli(["set", row("text"), "no JSON"]);
  await server.cli(["-x", "set", row("large")], { input: large });
  await server.cli(["rpush", row("list"), "a"]);
  await server.cli(["hset", row("hash"), "a", "b"]);
  await server.cli(["set", row("stale"), STALE]);

  const listed = await deployment.runHere(["publishers", "list"]);
  assert.equal(listed.code, 0, listed.stderr);
  const states = parseRows(listed.stdout).map(({ id, state }) => [id, state]);
  assert.deepEqual(states.filter(([, state]) => state !== "alive"), [
    ["large", "unreadable"],
    ["stale", "stale"],
    ["text", "unreadable"],
  ]);
  assert.equal(states.length, 4);
  for (const type of ["list", "hash"]) {
    const warning = `table "publisher", row "${type}" is a ${type}, wanted a string: it is ignored`;
    assert(listed.stderr.includes(warning), listed.stderr);
    await service.stderr.waitFor(new RegExp(warning));
  }
  assert(listed.stdout.length < 10_000, "the problem of a large row is reported briefly");

  const pruned = await deployment.runHere(["publishers", "prune"]);
  assert.deepEqual([pruned.code, parseRows(pruned.stdout).map(({ id }) => id)], [0, ["stale"]]);
  assert.match(pruned.stderr, /^removed 1, 2 unreadable rows stay/m);
  const rest = await deployment.runHere(["publishers", "prune", "--include-unreadable"]);
  const removed = parseRows(rest.stdout).map(({ id }) => id);
  assert.deepEqual([rest.code, removed], [0, ["large", "text"]], rest.stderr);
  assert.deepEqual((await listedPublishers(deployment)).map(({ state }) => state), ["alive"]);
  assert.equal(
    await server.cli(["llen", row("list")]),
    "1",
    "it belongs to another program, and so remains",
  );

  const confirmed = await deployment.runHere(
    ["publish", "--stdin", "--confirm"],
    eventLine("after"),
  );
  assert.equal(confirmed.code, 0, confirmed.stderr);
  const { code, stderr } = await service.stop();
  assert.equal(code, 0, stderr);
  assert.doesNotMatch(stderr, /xxxx/);
});

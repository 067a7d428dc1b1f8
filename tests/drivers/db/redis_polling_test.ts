import assert from "node:assert/strict";
import { startCluster } from "../../support/redis/cluster.ts";
import { openRedisAt } from "../../support/redis/db.ts";
import type { RedisNode } from "../../support/redis/node.ts";
import { startRedis } from "../../support/redis/server.ts";

const ROWS = 10_000;
const MAX_COMMANDS = 100;

/**
 * Counts the commands that servers have executed since the counts were reset, without the reset
 * itself.
 */
async function commandsOf(nodes: readonly RedisNode[]): Promise<number> {
  const stats = await Promise.all(nodes.map((node) => node.cli(["info", "commandstats"])));
  return stats.flatMap((text) => [...text.matchAll(/^cmdstat_(\S+?):calls=(\d+)/gm)])
    .filter(([, name]) => !/^(config|info|ping|replconf|hello|auth|psync|client)/.test(name ?? ""))
    .reduce((sum, [, , calls]) => sum + Number(calls), 0);
}

async function countAnew(nodes: readonly RedisNode[]): Promise<void> {
  for (const node of nodes) await node.cli(["config", "resetstat"]);
}

async function fill(node: RedisNode, nameOf: (n: number) => string): Promise<void> {
  const lines = Array.from({ length: ROWS }, (_, n) => `set ${nameOf(n)} '{"id":"${n}"}'\n`);
  await node.cli([], { input: lines.join("") });
}

Deno.test("redis database reads 10,000 rows with at most 100 commands, when each has one of 500 topics", async () => {
  await using redis = await startRedis();
  await using db = await openRedisAt({ hosts: [redis.address] });
  await fill(redis, (n) => `{lport.tenant${n % 500}}.p${n}`);
  await countAnew([redis]);
  const begun = performance.now();
  assert.equal((await db.entries("lport")).length, ROWS);
  const ms = Math.round(performance.now() - begun);
  const commands = await commandsOf([redis]);
  console.log(`one server: ${ROWS} rows, ${commands} commands, ${ms} ms`);
  assert(commands >= 10 && commands <= MAX_COMMANDS, `${commands} commands`);
});

Deno.test("redis database reads 10,000 rows without topic with at most 100 commands, in a cluster", async () => {
  await using cluster = await startCluster({ replicas: 0 });
  await using db = await openRedisAt({ hosts: cluster.addresses });
  const owner = await cluster.nodeFor("{lport.}");
  await fill(owner, (n) => `{lport.}.p${n}`);
  const masters = await cluster.masters();
  await countAnew(masters);
  const begun = performance.now();
  assert.equal((await db.entries("lport")).length, ROWS);
  const ms = Math.round(performance.now() - begun);
  const commands = await commandsOf(masters);
  console.log(`cluster: ${ROWS} rows, ${commands} commands, ${ms} ms`);
  assert(commands >= 10 && commands <= MAX_COMMANDS, `${commands} commands`);
});

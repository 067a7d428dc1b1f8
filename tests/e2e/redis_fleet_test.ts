import assert from "node:assert/strict";
import type { PeerRow } from "../../cli/peers/peer_row.ts";
import { freePort } from "../support/deployment.ts";
import { endAfterTests } from "../support/end_after_tests.ts";
import { eventually } from "../support/eventually.ts";
import { jsonLines } from "../support/lines.ts";
import { CHANNELS, redisDeployment, serveOnBroker, STREAMS } from "../support/redis/deployment.ts";
import { startRedis } from "../support/redis/server.ts";

const EVENT = ["publish", "--table", "lport", "--key", "k", "--action", "set", "--value", "v"];
const server = await startRedis();
const place = { addresses: [server.address] };

function named(name: string) {
  return { "df_zmq.node_name": name };
}

Deno.test("publish --wait-nodes on Redis streams names a frozen node as stuck and exits 5, and wait exits 0 after it resumes", async () => {
  const pages = { "df.http_address": `127.0.0.1:${freePort()}` };
  await using deployment = await redisDeployment(place, { ...STREAMS, ...pages });
  await using _service = await serveOnBroker(deployment);
  await using _one = await deployment.subscribeHere([], named("node-1"));
  await using _two = await deployment.subscribeHere([], named("node-2"));
  await using frozen = await deployment.subscribe([], named("node-3"));
  const all = await deployment.runHere([...EVENT, "--wait-nodes", "all", "--timeout", "10"]);
  assert.deepEqual([all.code, /applied by 3 of 3 nodes/.test(all.stderr)], [0, true], all.stderr);
  frozen.kill("SIGSTOP");
  const late = await deployment.runHere([...EVENT, "--wait-nodes", "all", "--timeout", "3"]);
  assert.equal(late.code, 5, late.stderr);
  assert.match(late.stderr, /applied by 2 of 3 nodes/);
  assert.match(late.stderr, /^node-3 \(.*\) is stuck: 1 event behind/m);
  const peers = await deployment.runHere(["peers", "--json", "--sort", "node"]);
  assert.equal(peers.code, 0, peers.stderr);
  assert.deepEqual(
    jsonLines<PeerRow>(peers.stdout).map(({ node, topics }) => [node, topics?.[0] ?? "gone"]),
    [["node-1", "D"], ["node-2", "D"], ["node-3", "gone"]],
  );
  frozen.kill("SIGCONT");
  const wait = await deployment.run(["wait", "--timeout", "20"]);
  assert.deepEqual(
    [wait.code, /applied by 3 of 3 nodes/.test(wait.stderr)],
    [0, true],
    wait.stderr,
  );
  await frozen.stop("SIGTERM");
  const left = () => deployment.runHere(["peers", "--json"]);
  await eventually(left, ({ stdout }) => !stdout.includes("node-3"));
});

Deno.test("wait on Redis channels reports that nodes send no reports there", async () => {
  const pages = { "df.http_address": `127.0.0.1:${freePort()}` };
  await using deployment = await redisDeployment(place, { ...CHANNELS, ...pages });
  await using _service = await serveOnBroker(deployment);
  const { code, stderr } = await deployment.runHere(["wait", "--timeout", "1"]);
  assert.equal(code, 1);
  assert.match(stderr, /the network driver does not know what its subscribers have applied/);
});

endAfterTests(server);

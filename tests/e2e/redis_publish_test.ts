import assert from "node:assert/strict";
import { streamKey } from "../../drivers/_internal/redis/stream/topic.ts";
import { eventLine } from "../support/events.ts";
import { eventually } from "../support/eventually.ts";
import type { ProgramResult } from "../support/program.ts";
import { openRedisAt } from "../support/redis/db.ts";
import {
  CHANNELS,
  redisDeployment,
  type RedisPlace,
  serveOnBroker,
  STREAMS,
} from "../support/redis/deployment.ts";
import type { RedisNode } from "../support/redis/node.ts";
import { startPair } from "../support/redis/pair.ts";
import { poll } from "../support/redis/poll.ts";
import { startRedis } from "../support/redis/server.ts";

const EVENT = ["--table", "lport", "--key", "p1", "--action", "set", "--value", "1"];
const LIST = ["publishers", "list"];

/** A configuration like one of the original's last state, which has no `pub_sub_use_multiproc`. */
const UNSET = { "df.pub_sub_use_multiproc": "auto" };

/** The counts that `publish --json` printed, whose sum must be right. */
function countsOf({ stdout, stderr }: ProgramResult) {
  const { published, accepted, refusedByService: refused, uncertain } = JSON.parse(stdout);
  assert.equal(accepted + refused + uncertain, published, stdout + stderr);
  return { published, accepted, refused, uncertain };
}

async function length(server: RedisNode): Promise<number> {
  return Number(await server.cli(["xlen", streamKey("D")]));
}

function place(...servers: readonly RedisNode[]): RedisPlace {
  return { addresses: servers.map(({ address }) => address) };
}

Deno.test("publish to Redis counts an event as refused and exits 1, when the server refuses it", async () => {
  await using server = await startRedis();
  await using deployment = await redisDeployment(place(server), STREAMS);
  await server.cli(["config", "set", "maxmemory", "1"]);
  const lines = Array.from({ length: 5 }, (_, n) => eventLine(`p${n}`)).join("");
  const result = await deployment.runHere(["publish", "--stdin", "--json"], lines);
  assert.equal(result.code, 1, result.stderr);
  assert.deepEqual(countsOf(result), { published: 5, accepted: 0, refused: 5, uncertain: 0 });
  assert.match(result.stderr, /^the broker accepted 0 and refused 5; 0 are uncertain$/m);
  assert.match(result.stderr, /it refuses writes because its memory is full/);
  assert.equal(await length(server), 0);
});

Deno.test("publish to Redis counts events in flight as uncertain, when its connection is closed", async () => {
  await using server = await startRedis();
  await using deployment = await redisDeployment(place(server), STREAMS);
  await using program = deployment.start(["publish", ...EVENT, "--count", "1000000", "--json"]);
  await poll("events arrive", async () => await length(server) > 500 || undefined);
  await server.cli(["client", "kill", "type", "normal"]);
  const result = await program.result();
  assert.equal(result.code, 1, result.stderr);
  const { accepted, refused, uncertain } = countsOf(result);
  const distributed = await length(server);
  console.log(JSON.stringify({ accepted, refused, uncertain, distributed }));
  assert.equal(refused, 0);
  assert(accepted <= distributed && distributed <= accepted + uncertain);
  if (uncertain > 0) {
    assert.match(result.stderr, /uncertain: the connection was lost$/m);
  }
});

for (const [what, bus] of [["channels", CHANNELS], ["streams", STREAMS]] as const) {
  Deno.test(`publish uses the broker, when the option is auto, even if a service listens: ${what}`, async () => {
    await using server = await startRedis();
    await using deployment = await redisDeployment(place(server), { ...bus, ...UNSET });
    await using service = await serveOnBroker(deployment);
    await service.stderr.waitFor(/^listening on ipc:.* for local publishers$/m);
    await using subscriber = await deployment.subscribeHere(["--count", "1", "--timeout", "20"]);
    const result = await deployment.runHere(["publish", ...EVENT, "--json"]);
    assert.equal(result.code, 0, result.stderr);
    assert.deepEqual(countsOf(result), { published: 1, accepted: 1, refused: 0, uncertain: 0 });
    assert.equal((await subscriber.result()).code, 0);
    assert.match((await service.stop()).stderr, /^stopped: 0 events relayed, 0 refused$/m);
  });
}

Deno.test("a subscriber gets a sync through the service, when Redis refuses the events of a process for a while", async () => {
  await using server = await startRedis();
  await using deployment = await redisDeployment(place(server), { ...STREAMS, ...UNSET });
  await using service = await serveOnBroker(deployment);
  await using subscriber = await deployment.subscribeHere();
  await server.cli(["config", "set", "maxmemory", "1"]);
  const result = await deployment.runHere(["publish", ...EVENT, "--json"]);
  assert.equal(result.code, 1, result.stderr);
  assert.deepEqual(countsOf(result), { published: 1, accepted: 0, refused: 1, uncertain: 0 });
  await server.cli(["config", "set", "maxmemory", "0"]);
  await subscriber.stdout.waitFor(/"action":"sync"/);
  assert.equal((await subscriber.stop()).code, 0);
  assert.equal((await service.stop()).code, 0);
});

const REFUSALS: readonly [string, (server: RedisNode) => Promise<unknown>, RegExp][] = [
  ["OOM", (server) => server.cli(["config", "set", "maxmemory", "1"]), /its memory is full/],
  [
    "NOREPLICAS",
    (server) => server.cli(["config", "set", "min-replicas-to-write", "1"]),
    /replicas/,
  ],
  ["READONLY", (server) => server.cli(["replicaof", "127.0.0.1", "1"]), /it is a replica/],
  [
    "MISCONF",
    async (server) => {
      // A directory in place of the file.
      const [, directory = ""] = (await server.cli(["config", "get", "dir"])).split("\n");
      await Deno.mkdir(`${directory}/dump.rdb`);
      await server.cli(["config", "set", "save", "1 1"]);
      await server.cli(["bgsave"]).catch(() => {});
      await poll("writes are refused", async () => {
        const answer = await server.cli(["set", "a", "1"]).catch(String);
        return answer.includes("MISCONF") || undefined;
      });
    },
    /it cannot save to its disk/,
  ],
];

Deno.test("commands that only read start with a warning, when Redis refuses writes", async (t) => {
  for (const [what, spoil, reason] of REFUSALS) {
    await t.step(what, async () => {
      await using server = await startRedis();
      const zmq = { "df.pub_sub_driver": "zmq_pubsub_driver" };
      await using deployment = await redisDeployment(place(server), zmq);
      await using service = await serveOnBroker(deployment);
      await spoil(server);
      const list = await deployment.runHere(LIST);
      assert.equal(list.code, 0, list.stderr);
      assert.match(list.stdout, /"state":"alive"/);
      assert.match(list.stderr, /rows can be read, but not written: /);
      assert.match(list.stderr, reason);
      const check = await deployment.runHere(["check"]);
      assert.match(check.stdout, /publishers/, check.stderr);
      await using subscriber = await deployment.subscribeHere(["--timeout", "20"]);
      await subscriber.stop();
      await service.stop("SIGKILL");
    });
  }
});

Deno.test("serve moves row and bus to the new master, when master and replica swap roles without closing connections", async () => {
  for (const bus of [CHANNELS, STREAMS]) {
    await using pair = await startPair();
    await using deployment = await redisDeployment(place(pair.first, pair.second), {
      ...bus,
      "df.pub_sub_use_multiproc": true,
      "df.publisher_timeout": 4,
    });
    await using service = await serveOnBroker(deployment);
    await pair.swap();
    await poll("no connection to the old master remains", async () => {
      return !(await pair.first.cli(["client", "list"])).includes("df-pubsub") || undefined;
    });
    await using db = await openRedisAt({ hosts: [pair.second.address] });
    const row = async () => (await db.entries("publisher")).map(({ value }) => value).join();
    const moved = await row();
    await eventually(row, (refreshed) => refreshed !== moved);
    await using subscriber = await deployment.subscribeHere(["--count", "1", "--timeout", "20"]);
    const result = await deployment.runHere(["publish", ...EVENT, "--json"]);
    assert.equal(result.code, 0, result.stderr);
    assert.equal((await subscriber.result()).code, 0);
    await service.stop();
    assert.equal(await pair.second.cli(["keys", "{publisher.*"]), "", "its row was removed");
  }
});

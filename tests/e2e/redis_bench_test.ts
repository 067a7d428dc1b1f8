import assert from "node:assert/strict";
import type { Overrides } from "../support/deployment.ts";
import { CHANNELS, redisDeployment, STREAMS } from "../support/redis/deployment.ts";
import { startRedis } from "../support/redis/server.ts";

const SMALL = ["--events", "300", "--rate", "2000", "--warmup", "0.1", "--topics", "2"];

const BUSES: readonly (readonly [what: string, overrides: Overrides])[] = [
  ["channels", CHANNELS],
  ["streams", STREAMS],
];

for (const [what, overrides] of BUSES) {
  Deno.test(`bench relay, pub and sub need no service, over Redis ${what}`, async () => {
    await using server = await startRedis();
    await using deployment = await redisDeployment({ addresses: [server.address] }, overrides);
    const relay = await deployment.runHere(["bench", "relay", ...SMALL, "--max-loss", "0"]);
    assert.equal(relay.code, 0, relay.stdout + relay.stderr);
    const { sent, received } = JSON.parse(relay.stdout);
    assert.deepEqual([sent.acknowledged, sent.flushed, received.events], [true, true, 300]);
    const hears = ["bench", "sub", "--topics", "2", "--duration", "25", "--max-loss", "0"];
    await using subscriber = deployment.start(hears);
    await subscriber.stderr.waitFor(/^listening on redis:/m);
    const pub = await deployment.run(["bench", "pub", ...SMALL, "--max-loss", "0"]);
    assert.equal(pub.code, 0, pub.stdout + pub.stderr);
    const { code, stdout, stderr } = await subscriber.result();
    assert.equal(code, 0, stdout + stderr);
    assert.equal(JSON.parse(stdout).received.events, 300);
  });
}

Deno.test("bench names the unreachable server and exits 3", async () => {
  const address = "127.0.0.1:1";
  await using deployment = await redisDeployment({ addresses: [address] });
  for (const name of ["pub", "sub", "relay"]) {
    const { code, stdout, stderr } = await deployment.runHere(["bench", name, "--duration", "1"]);
    assert.equal(code, 3, name + stdout + stderr);
    assert.match(stderr, /127\.0\.0\.1:1\b/, name);
  }
});

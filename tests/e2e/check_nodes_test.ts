import assert from "node:assert/strict";
import { Deployment, freePort } from "../support/deployment.ts";
import { eventually } from "../support/eventually.ts";

const EVENT = ["publish", "--table", "lport", "--key", "k", "--action", "set"];
/** All events together are less than the log of the service keeps. */
const VALUE_BYTES = 40_000;
const COUNT = 150;

Deno.test("check warns about a stopped node by name", async () => {
  await using deployment = await Deployment.create({
    "df.http_address": `127.0.0.1:${freePort()}`,
    "df_zmq.heartbeat_timeout": 600,
    "df_zmq.read_timeout": 600,
  });
  await using _service = await deployment.serve();
  await using frozen = await deployment.subscribe([], { "df_zmq.node_name": "compute-7" });
  await using _quick = await deployment.subscribe([], { "df_zmq.node_name": "compute-1" });
  const check = async () => {
    const flags = ["--output", "nagios", "--warn-lag", "10", "--crit-nodes", "2"];
    return await deployment.runHere(["check", ...flags]);
  };
  const before = await check();
  assert.equal(before.code, 0, before.stdout);
  assert.match(before.stdout, /; nodes: 2 connected/);
  frozen.kill("SIGSTOP");
  const file = deployment.path("value");
  await Deno.writeTextFile(file, "x".repeat(VALUE_BYTES));
  const published = await deployment.runHere([
    ...EVENT,
    ...["--value-file", file, "--count", String(COUNT)],
  ]);
  assert.equal(published.code, 0, published.stderr);
  const { code, stdout } = await eventually(check, ({ stdout }) => {
    return / - nodes: warning: 2 connected, compute-7 is \d+ events behind/.test(stdout);
  });
  assert.equal(code, 1);
  assert.match(stdout, /^DF_PUBSUB WARNING - /);
  assert.match(stdout, / lag=\d+;10;;0; /);
  frozen.kill("SIGCONT");
  const thawed = await eventually(check, ({ code }) => code === 0);
  assert.match(thawed.stdout, /^DF_PUBSUB OK/);
});

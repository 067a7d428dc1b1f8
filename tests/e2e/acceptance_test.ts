import assert from "node:assert/strict";
import { dirname } from "node:path";
import { Deployment } from "../support/deployment.ts";
import { eventLine, eventLines } from "../support/events.ts";
import { startPythonPeer } from "../support/python_peer.ts";
import { serveOnBroker } from "../support/redis/deployment.ts";
import { startRedis } from "../support/redis/server.ts";

const EVENTS = 10_000;
/** The lines exceed what a pipe and a reader hold. The events are fewer than may be in flight. */
const UNANSWERED = 1_000;
const FLOOD = ["publish", "--table", "t", "--key", "k", "--action", "set", "--count", "100000000"];

interface Account {
  readonly published: number;
  readonly accepted: number;
  readonly refusedByService: number;
  readonly uncertain: number;
}

/** The report of `publish --json`, whose sum must balance. */
function accountIn(stdout: string): Account {
  const account = JSON.parse(stdout);
  const { acknowledged, published, accepted, refusedByService, uncertain } = account;
  assert.equal(acknowledged, true, stdout);
  assert.equal(accepted + refusedByService + uncertain, published, stdout);
  return account;
}

function relayedBy(stderr: string): number {
  return Number(/^stopped: (\d+) events relayed/m.exec(stderr)?.[1]);
}

Deno.test("publish exits 1 and reports the certain counts, when the service is killed during publishing", async () => {
  await using deployment = await Deployment.create();
  await using service = await deployment.serve();
  await using subscriber = await deployment.subscribeHere();
  const flags = ["--stdin", "--json", "--timeout", "5"];
  await using publisher = deployment.start(["publish", ...flags]);
  await publisher.write(eventLines(EVENTS));
  await subscriber.stdout.waitForLines(EVENTS);
  service.program.kill("SIGSTOP");
  // More than the pipe holds: when all is written, the command has read and sent some of it.
  await publisher.write(eventLines(UNANSWERED, "q".repeat(200)));
  await service.program.stop("SIGKILL");
  await publisher.endInput();
  const { code, stdout, stderr } = await publisher.result();
  assert.equal(code, 1, stderr);
  const { accepted, uncertain } = accountIn(stdout);
  assert(accepted > 0 && uncertain > 0, stdout);
  const got = subscriber.stdout.lines.length;
  assert(accepted <= got, `${accepted} accepted, ${got} received`);
  const counts = `^the service accepted ${accepted} and refused 0; ${uncertain} are uncertain: `;
  assert.match(stderr, new RegExp(`${counts}the connection was lost$`, "m"));
  assert.match(
    stderr,
    /^df-pubsub: (?:No publisher service listens|The publisher service) at "ipc:/m,
  );
});

Deno.test("publish exits 1 with its account, when the service hangs and its pipe is full", async () => {
  await using deployment = await Deployment.create();
  await using service = await deployment.serve();
  await using subscriber = await deployment.subscribeHere(["--count", "40000"]);
  await using publisher = deployment.start([...FLOOD, "--json", "--timeout", "1"]);
  await subscriber.result();
  service.program.kill("SIGSTOP");
  const { code, stdout, stderr } = await publisher.result();
  service.program.kill("SIGCONT");
  assert.equal(code, 1, stderr);
  const { accepted, uncertain } = accountIn(stdout);
  assert(accepted > 0 && uncertain > 0, stdout);
  assert.match(stderr, /^df-pubsub: The publisher service at "ipc:/m);
});

Deno.test("serve delivers every event that it acknowledges, when SIGTERM arrives in the middle", async () => {
  await using deployment = await Deployment.create();
  await using service = await deployment.serve();
  await using subscriber = await deployment.subscribeHere();
  await using publisher = deployment.start([...FLOOD, "--json", "--timeout", "2"]);
  await subscriber.stdout.waitForLines(5_000);
  const { code, stderr } = await service.program.stop();
  assert.equal(code, 0, stderr);
  const result = await publisher.result();
  const { accepted, uncertain } = accountIn(result.stdout);
  // A service that drains leaves nothing uncertain; afterwards there is no service.
  assert.equal(result.code, uncertain > 0 ? 1 : 3, result.stderr);
  const relayed = relayedBy(stderr);
  assert(accepted > 0 && accepted <= relayed, `${accepted} accepted, ${relayed} relayed`);
  await subscriber.stdout.waitForLines(relayed);
});

Deno.test("publish is certain of every event, when the service is replaced between its events", async () => {
  await using deployment = await Deployment.create();
  await using publisher = deployment.start(["publish", "--stdin", "--json", "--timeout", "20"]);
  for (const key of ["a", "b", "c"]) {
    await using service = await deployment.serve();
    await using subscriber = await deployment.subscribeHere(["--count", "1", "--timeout", "20"]);
    await publisher.write(eventLine(key));
    await subscriber.result();
    await service.program.stop();
  }
  await using _last = await deployment.serve();
  await publisher.endInput();
  const { code, stdout, stderr } = await publisher.result();
  assert.equal(code, 0, stderr);
  const { accepted, uncertain } = accountIn(stdout);
  assert.deepEqual([accepted, uncertain], [3, 0]);
});

Deno.test("publish is certain of an event, when the service relays it in the other format", async () => {
  await using deployment = await Deployment.create();
  await using _service = await deployment.serve({ "df.pub_sub_wire_format": "json" });
  const { code, stdout, stderr } = await deployment.runHere([...FLOOD.slice(0, -2), "--json"]);
  assert.equal(code, 0, stderr);
  assert.equal(accountIn(stdout).accepted, 1);
});

Deno.test("publish exits 1, when Redis refuses events from the service", async () => {
  await using redis = await startRedis();
  await using deployment = await Deployment.create({
    "df.pub_sub_driver": "redis_stream_pubsub_driver",
    "df.nb_db_class": "sqlite_nb_db_driver",
    "df.remote_db_hosts": redis.address,
  });
  await using _service = await serveOnBroker(deployment);
  await deployment.publish(eventLine("a"));
  await redis.cli(["config", "set", "maxmemory", "1"]);
  const lines = eventLines(5, "l");
  const { code, stdout, stderr } = await deployment.runHere(
    ["publish", "--stdin", "--json"],
    lines,
  );
  assert.equal(code, 1, stderr);
  const { accepted, uncertain } = accountIn(stdout);
  assert.deepEqual([accepted, uncertain], [0, 0]);
  await redis.cli(["config", "set", "maxmemory", "0"]);
  await deployment.publish(eventLine("b"));
});

Deno.test("publish exits 1 and publishes the rest, when the service refuses one event for its size", async () => {
  await using deployment = await Deployment.create();
  await using _service = await deployment.serve({ "df.pub_sub_max_event_bytes": 1024 });
  const lines = eventLine("a") + eventLine("x".repeat(2_000)) + eventLine("b");
  const { code, stdout, stderr } = await deployment.runHere(
    ["publish", "--stdin", "--json"],
    lines,
  );
  assert.equal(code, 1, stderr);
  const { accepted, uncertain, refusedByService } = accountIn(stdout);
  assert.deepEqual([accepted, refusedByService, uncertain], [2, 1, 0]);
});

Deno.test("publish to a service of the original exits 0, and reports that it does not acknowledge with --verbose", async () => {
  await using deployment = await Deployment.create();
  await Deno.mkdir(dirname(deployment.socketPath), { recursive: true });
  const address = `ipc://${deployment.socketPath}`;
  await using python = await startPythonPeer({ type: "PULL", role: "bind", address });
  const flags = ["--stdin", "--json", "--verbose"];
  const { code, stdout, stderr } = await deployment.runHere(["publish", ...flags], eventLine("a"));
  assert.equal(code, 0, stderr);
  const report = { published: 1, refused: 0, flushed: true, acknowledged: false };
  assert.deepEqual(JSON.parse(stdout), report);
  assert.equal(stderr.match(/does not confirm events/g)?.length, 1, stderr);
  const { decoded } = await python.message();
  assert(typeof decoded === "object" && decoded !== null && "key" in decoded);
  assert.equal(decoded.key, "a");
});

import assert from "node:assert/strict";
import type { NbDbDriver } from "../../drivers/contract/db.ts";
import { Deployment, freePort } from "../support/deployment.ts";
import { assertOnly, runDoctor } from "../support/doctor_report.ts";
import { GreetingPublisher } from "../support/zmq/greeting_publisher.ts";
import { startPythonPeer } from "../support/python_peer.ts";
import { redisDeployment, serveOnBroker, STREAMS } from "../support/redis/deployment.ts";
import { startRedis } from "../support/redis/server.ts";

/** A deployment without pages: problems show in the publishers table. */
function created(): Promise<Deployment> {
  return Deployment.create({ "df.http_address": "" });
}

async function writeRow(db: NbDbDriver, id: string, uri: string, ageSeconds = 0): Promise<void> {
  const row = { id, uri, last_activity_timestamp: Date.now() / 1000 - ageSeconds };
  await db.create("publisher", id, JSON.stringify(row));
}

const NOBODY_THERE = () => `tcp://127.0.0.1:${freePort()}`;

Deno.test("doctor cannot subscribe to a publisher that is alive in the table", async () => {
  await using deployment = await created();
  await using db = await deployment.openDb();
  await writeRow(db, "dead", NOBODY_THERE());
  assertOnly(
    await runDoctor(deployment),
    "critical",
    /^Cannot subscribe to publisher "dead" at tcp/,
  );
});

Deno.test("doctor warns about a stale row, when nothing responds at its address", async () => {
  await using deployment = await created();
  await using _service = await deployment.serve();
  await using db = await deployment.openDb();
  await writeRow(db, "gone", NOBODY_THERE(), 4_000);
  const result = await runDoctor(deployment);
  assertOnly(result, "warning", /^The row of publisher "gone" .* is stale, and nothing answers/);
  assert.match(result.findings[0]?.advice ?? "", /publishers prune/);
});

Deno.test("doctor warns about a stale row, when its publisher responds", async () => {
  await using deployment = await created();
  await using publisher = new GreetingPublisher(() => ({ version: "0.1.0" }));
  await using db = await deployment.openDb();
  await writeRow(db, "late", publisher.uri, 1_000);
  assertOnly(await runDoctor(deployment), "warning", /"late" .* is 100\d s old, although/);
});

Deno.test("doctor warns about rows that no subscriber can use", async () => {
  await using deployment = await created();
  await using service = await deployment.serve();
  await using db = await deployment.openDb();
  await writeRow(db, "inside", "ipc:///run/socket");
  await db.create("publisher", "junk", "{}");
  await writeRow(db, "again", service.uri);
  const { code, findings } = await runDoctor(deployment);
  assert.equal(code, 1);
  assert.deepEqual(findings.map(({ severity }) => severity), ["warning", "warning", "warning"]);
  const [unreadable, unfit, shared] = findings.map(({ what }) => what ?? "");
  assert.match(
    `${unreadable}`,
    /^Row "junk" of the publishers table cannot be read: "id": missing/,
  );
  assert.match(`${unfit}`, /^Publisher "inside" announces "ipc:\/\/\/run\/socket", wanted tcp:/);
  assert.match(`${shared}`, /^2 rows announce "tcp:\/\/127\.0\.0\.1:\d+": .*again/);
});

Deno.test("doctor warns about an address that routers do not forward", async () => {
  await using deployment = await created();
  await using db = await deployment.openDb();
  await writeRow(db, "link", "tcp://169.254.9.9:8866");
  const { code, findings } = await runDoctor(deployment);
  assert.equal(code, 3, "it is not reachable either");
  assert.deepEqual(findings.map(({ severity }) => severity), ["critical", "warning"]);
  assert.match(
    findings[1]?.what ?? "",
    /"link" at tcp:\/\/169\.254\.9\.9:8866 cannot be routed/,
  );
});

Deno.test("doctor warns about a loopback address, when other hosts read the table", async () => {
  await using server = await startRedis();
  await using deployment = await redisDeployment({ addresses: [server.address] }, {
    "df.pub_sub_driver": "zmq_pubsub_driver",
    "df.pub_sub_use_multiproc": true,
    "df.http_address": `127.0.0.1:${freePort()}`,
  });
  await using service = await deployment.serve();
  const result = await runDoctor(deployment);
  assertOnly(result, "warning", /^The address of publisher ".*" at tcp:.* is a loopback address$/);
  assert.equal(result.findings[0]?.subject, service.uri);
});

// The time for which the greeting was on its way makes a clock seem to be behind.
for (
  const [aheadMs, says] of [
    [60_000, /is (?:5[5-9]|60)\.\d s ahead of/],
    [-5_000, /is [5-9]\.\d s behind/],
  ] as const
) {
  Deno.test(`doctor warns about a publisher, when its clock differs by ${aheadMs} ms`, async () => {
    await using deployment = await created();
    await using publisher = new GreetingPublisher(() => ({
      version: "0.1.0",
      sentAt: Date.now() + aheadMs,
    }));
    await using db = await deployment.openDb();
    await writeRow(db, "skewed", publisher.uri);
    assertOnly(await runDoctor(deployment), "warning", says);
  });
}

Deno.test("doctor warns about different versions", async () => {
  await using deployment = await created();
  await using publisher = new GreetingPublisher(() => ({ version: "0.0.9" }));
  await using db = await deployment.openDb();
  await writeRow(db, "old", publisher.uri);
  assertOnly(
    await runDoctor(deployment),
    "warning",
    /: \d\S+ \(this program\), 0\.0\.9 \(publisher "old"/,
  );
});

Deno.test("doctor warns about a publisher_timeout that is shorter than the refresh interval", async () => {
  await using deployment = await created();
  const own = (name: string) => ({
    "df.publisher_id_name": name,
    "df.publisher_multiproc_socket": deployment.path(`run/${name}`),
  });
  await using one = await deployment.serve(own("one"));
  await using _two = await deployment.serve({ ...own("two"), "df.publisher_timeout": 60 });
  const result = await runDoctor(deployment, own("one"));
  assertOnly(
    result,
    "warning",
    /^The time between two refreshes of publisher .*, 100 s, is longer than the publisher_timeout of publisher .*, 60 s$/,
  );
  assert.equal(result.findings[0]?.subject, one.uri);
});

Deno.test("doctor connects to a publisher of the original, which has no session", async () => {
  await using deployment = await created();
  await using publisher = await startPythonPeer({
    ...{ type: "PUB", role: "bind", address: "tcp://127.0.0.1:*" },
  });
  await using db = await deployment.openDb();
  await writeRow(db, "original", publisher.address);
  const { code, lines } = await runDoctor(deployment);
  assert.equal(code, 0);
  const look = lines.find(({ subject }) => subject === "publisher");
  assert.equal(look?.detail, `${publisher.address}: live, without a session`);
});

Deno.test("doctor subscribes at a broker, and reports when that fails", async () => {
  await using server = await startRedis();
  await using deployment = await redisDeployment({ addresses: [server.address] }, STREAMS);
  const { code, lines } = await runDoctor(deployment);
  assert.equal(code, 0);
  const broker = lines.find(({ subject }) => subject === "broker");
  assert.match(broker?.detail ?? "", /^redis_stream_pubsub_driver: subscribed in [\d.]+ ms$/);
  const address = `127.0.0.1:${freePort()}`;
  const gone = await runDoctor(deployment, { "df.remote_db_hosts": address });
  assert.equal(gone.code, 3);
  assert.deepEqual(gone.findings.map(({ what }) => what?.slice(0, 13)), [
    "Cannot read t",
    "Cannot subscr",
  ]);
});

Deno.test("doctor ignores addresses and descriptors of services, when subscribers connect to a broker", async () => {
  await using server = await startRedis();
  await using deployment = await redisDeployment({ addresses: [server.address] }, {
    ...STREAMS,
    "df.http_address": `127.0.0.1:${freePort()}`,
  });
  await using _service = await serveOnBroker(deployment);
  await using db = await deployment.openDb();
  await writeRow(db, "first", "tcp://192.0.2.1:8866");
  await writeRow(db, "second", "tcp://192.0.2.1:8866");
  const { lines, findings } = await runDoctor(deployment);
  assert.deepEqual(findings, []);
  const subjects = lines.map(({ subject }) => subject);
  assert(subjects.includes("service"));
  assert(!subjects.includes("descriptors"));
});

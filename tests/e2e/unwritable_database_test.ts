import assert from "node:assert/strict";
import { DatabaseSync } from "node:sqlite";
import { Deployment } from "../support/deployment.ts";
import { NotifyListener } from "../support/notify_listener.ts";
import { redisDeployment, serveOnBroker } from "../support/redis/deployment.ts";
import { poll } from "../support/redis/poll.ts";
import { startRedis } from "../support/redis/server.ts";
import type { Program } from "../support/program.ts";

function readinessOf(program: Program): () => Promise<string> {
  const url = /^health at (\S+)$/m.exec(program.stderr.text)?.[1];
  return async () => await (await fetch(`${url}/readyz`)).text();
}

/** The service then writes its row every second. A page requests that at most every ten seconds. */
const EVERY_SECOND = { "df.publisher_timeout": 3 };

/** Waits until the page contains this text. */
function says(readiness: () => Promise<string>, wanted: RegExp): Promise<true> {
  return poll(
    `the page contains ${wanted}`,
    async () => wanted.test(await readiness()) || undefined,
  );
}

for (
  const { what, refuse, permit, reason } of [
    {
      what: "has no memory left",
      refuse: ["config", "set", "maxmemory", "1000000"],
      permit: ["config", "set", "maxmemory", "0"],
      reason: /its memory is full/,
    },
    {
      what: "has become a replica",
      refuse: ["replicaof", "127.0.0.1", "1"],
      permit: ["replicaof", "no", "one"],
      reason: /READONLY|MASTERDOWN|replica|not connected/,
    },
    {
      what: "requires more replicas than there are",
      refuse: ["config", "set", "min-replicas-to-write", "1"],
      permit: ["config", "set", "min-replicas-to-write", "0"],
      reason: /too few replicas follow it/,
    },
  ]
) {
  Deno.test(`serve is not ready while a Redis that ${what} takes no writes, and says why`, async () => {
    await using server = await startRedis();
    await using deployment = await redisDeployment({ addresses: [server.address] }, EVERY_SECOND);
    await using service = await serveOnBroker(deployment);
    const readiness = readinessOf(service);
    assert.match(await readiness(), /^ready\n/);
    await server.cli(refuse);
    await says(readiness, /^not ready\n/);
    const page = await readiness();
    assert.match(page, /^(?:registration|database|network): failed: .*/m);
    assert.match(page, reason);
    await server.cli(permit);
    await says(readiness, /^ready\n/);
  });
}

Deno.test("serve is not ready, while another process holds the lock of its SQLite database", async () => {
  await using deployment = await Deployment.create({
    ...EVERY_SECOND,
    "df.sqlite_busy_timeout": 1,
  });
  await using service = await deployment.serve();
  const readiness = readinessOf(service.program);
  assert.match(await readiness(), /^ready\n/);
  const other = new DatabaseSync(deployment.databasePath);
  try {
    other.exec("BEGIN IMMEDIATE");
    await says(readiness, /^registration: failed: the row is not up to date: .*locked/m);
  } finally {
    other.close();
  }
  await says(readiness, /^ready\n/);
});

for (
  const { mode, wanted } of [
    { mode: 0o440, wanted: /^registration: failed: the row is not up to date: .*readonly/m },
    { mode: 0o000, wanted: /^database: failed: .*unable to open database file/m },
  ]
) {
  Deno.test(`serve is not ready, when its SQLite database has the mode ${mode.toString(8)}`, async () => {
    await using deployment = await Deployment.create(EVERY_SECOND);
    await using service = await deployment.serve({}, { isBoundByFileModes: true });
    const readiness = readinessOf(service.program);
    assert.match(await readiness(), /^ready\n/);
    await Deno.chmod(deployment.databasePath, mode);
    await says(readiness, wanted);
  });
}

Deno.test("serve says neither READY nor READY=1, when its row is written after SIGTERM", async () => {
  await using deployment = await Deployment.create({ "df.drain_timeout": 60 });
  await (await deployment.openDb())[Symbol.asyncDispose]();
  const address = deployment.path("notify");
  await using manager = await NotifyListener.open(address);
  using other = new DatabaseSync(deployment.databasePath);
  other.exec("BEGIN IMMEDIATE");
  await using serve = deployment.start(["serve"], {}, { env: { NOTIFY_SOCKET: address } });
  await serve.stderr.waitFor(/^listening on tcp:/m);
  serve.kill("SIGTERM");
  await manager.output.waitFor(/STOPPING=1/);
  other.exec("COMMIT");
  const { code, stderr } = await serve.result();
  assert.equal(code, 0, stderr);
  assert.match(stderr, /Registered publisher /);
  assert.doesNotMatch(stderr, /^READY$/m);
  assert.doesNotMatch(manager.output.text, /READY=1/);
});

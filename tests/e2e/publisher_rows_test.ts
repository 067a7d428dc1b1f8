import assert from "node:assert/strict";
import { RETIRED_URI } from "../../service/publishers/publisher_record.ts";
import { Deployment, type Service } from "../support/deployment.ts";
import { jsonLines } from "../support/lines.ts";

const LONG_AGO = 1;

/** A service, and these rows beside its own, which it restores within 10 s. */
async function serviceWith(
  rowsOf: (service: Service) => Readonly<Record<string, readonly [uri: string, seconds: number]>>,
) {
  const deployment = await Deployment.create();
  const service = await deployment.serve();
  await using db = await deployment.openDb();
  for (const [id, [uri, seconds]] of Object.entries(rowsOf(service))) {
    await db.create("publisher", id, JSON.stringify({ id, uri, last_activity_timestamp: seconds }));
  }
  const dispose = async () => {
    await service[Symbol.asyncDispose]();
    await deployment[Symbol.asyncDispose]();
  };
  return { deployment, [Symbol.asyncDispose]: dispose };
}

Deno.test("peers, wait and why leave out retired rows, and stale ones that do not answer", async () => {
  await using running = await serviceWith(() => ({
    retired: [RETIRED_URI, Date.now() / 1000],
    gone: ["tcp://127.0.0.1:1", LONG_AGO],
  }));
  const { deployment } = running;
  for (const command of [["peers"], ["wait"], ["why", "t", "k"]]) {
    const { code, stderr } = await deployment.runHere(command);
    assert.equal(code, 0, stderr);
  }
});

Deno.test("wait asks a publisher once, also when its row is stale by the clock of this host", async () => {
  await using running = await serviceWith(({ uri }) => ({
    one: [uri, LONG_AGO],
    two: [uri, LONG_AGO],
  }));
  const { deployment } = running;
  await using db = await deployment.openDb();
  for (const key of await db.keys("publisher")) {
    if (key.length > 3) await db.delete("publisher", key);
  }
  const { code, stdout, stderr } = await deployment.runHere(["wait", "--json"]);
  assert.equal(code, 0, stderr);
  assert.equal(stdout.split("\n").length, 2, stdout);
});

Deno.test("wait and why ask a service once, when an old row has another of its addresses", async () => {
  await using running = await serviceWith(({ port }) => ({
    old: [`tcp://127.0.0.2:${port}`, Date.now() / 1000],
  }));
  const { deployment } = running;
  const event = ["--table", "t", "--key", "k", "--action", "set", "--value", "v"];
  assert.equal((await deployment.runHere(["publish", ...event])).code, 0);
  const wait = await deployment.runHere(["wait", "--json"]);
  assert.deepEqual([wait.code, jsonLines(wait.stdout).length], [0, 1], wait.stderr);
  const why = await deployment.runHere(["why", "t", "k"]);
  const [report] = jsonLines<{ events: unknown[]; searched: unknown[] }>(why.stdout);
  assert.deepEqual([report?.events.length, report?.searched.length], [1, 1], why.stderr);
});

Deno.test("check and publishers list do not count a retired row as alive", async () => {
  await using running = await serviceWith(() => ({ retired: [RETIRED_URI, Date.now() / 1000] }));
  const { deployment } = running;
  const check = await deployment.runHere(["check", "--no-service", "--output", "text"]);
  assert.match(check.stdout, /^publishers: ok: 1 alive, 0 stale, 0 unreadable$/m);
  const list = await deployment.runHere(["publishers", "list", "--json"]);
  assert.match(list.stdout, /"id":"retired",.*"state":"retired"/);
});

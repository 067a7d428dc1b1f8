import assert from "node:assert/strict";
import { Deployment } from "../support/deployment.ts";
import { printedEvents } from "../support/events.ts";
import { EPOCH, numberedPayload, PUBLISHER } from "../support/numbered.ts";
import type { RunningCommand } from "../support/command_here.ts";
import { startPythonPeer } from "../support/python_peer.ts";
import { zmqDriver } from "../support/zmq/zmq_drivers.ts";

const FAST = { "df.pub_sub_sync_jitter": 0 };

function keysOf(program: RunningCommand): (string | null)[] {
  return printedEvents(program.stdout.lines).map(({ key, action }) => key ?? action);
}

/** The notices in a program's output, without their subject. */
function noticesOf(program: RunningCommand): unknown[] {
  return program.stderr.lines.filter((line) => line.startsWith("{")).map((line) => {
    const { publisher, epoch, ...notice } = JSON.parse(line);
    assert.deepEqual([publisher, typeof epoch], [PUBLISHER, "number"]);
    return notice;
  });
}

Deno.test("subscribe reports lost events, prints a sync, and exits 6 with --fail-on-gap", async () => {
  await using deployment = await Deployment.create(FAST);
  await using publisher = await zmqDriver().openPublisher();
  const args = ["--uri", publisher.address];
  await using patient = await deployment.subscribeHere([...args, "--count", "4"]);
  await using strict = await deployment.subscribe([...args, "--fail-on-gap"]);
  for (const seq of [1, 2, 5]) publisher.trySend("D", numberedPayload(seq));
  assert.equal((await strict.result()).code, 6);
  const { code, stderr } = await patient.result();
  assert.equal(code, 0, stderr);
  assert.deepEqual(keysOf(patient), ["k1", "k2", "k5", "sync"]);
  for (const program of [patient, strict]) {
    assert.deepEqual(noticesOf(program), [
      { notice: "lost", topic: "D", missing: [3, 4] },
    ]);
  }
});

Deno.test("subscribe writes some notices and counts all of them, when a publisher floods it with notices", async () => {
  await using deployment = await Deployment.create(FAST);
  await using publisher = await zmqDriver().openPublisher();
  const last = 4_001;
  const args = ["--uri", publisher.address, "--key", `k${last}`, "--count", "1"];
  await using subscriber = await deployment.subscribeHere(args);
  for (let seq = 1; seq <= last; seq += 2) publisher.trySend("D", numberedPayload(seq));
  const { code, stderr } = await subscriber.result();
  assert.equal(code, 0, stderr);
  assert(stderr.length < 10_000, `${stderr.length} characters`);
  let missing = 0;
  for (const line of subscriber.stderr.lines.filter((line) => line.startsWith("{"))) {
    const { notice, missing: [from, to] = [], events } = JSON.parse(line);
    if (notice === "lost") missing += to - from + 1;
    if (notice === "folded") missing += events.lost;
  }
  assert.equal(missing, (last - 1) / 2);
});

Deno.test("subscribe prints an event's position, and publish --stdin accepts such a line", async () => {
  await using deployment = await Deployment.create();
  await using _service = await deployment.serve();
  await using publisher = await zmqDriver().openPublisher();
  await using source = await deployment.subscribeHere(["--uri", publisher.address, "--count", "1"]);
  await using copy = await deployment.subscribeHere(["--count", "1"]);
  publisher.trySend("D", numberedPayload(7));
  const { stdout } = await source.result();
  const { publisher: id, epoch, seq, sentAt } = JSON.parse(stdout);
  assert.deepEqual([id, epoch, seq], [PUBLISHER, EPOCH, 7]);
  assert.equal(sentAt, "1970-01-01T00:00:00.000001Z");
  await deployment.publish(stdout);
  await copy.result();
  assert.deepEqual(keysOf(copy), ["k7"]);
});

Deno.test("subscribe reports no notices, when a publisher of the original sends no positions", async () => {
  await using deployment = await Deployment.create(FAST);
  const address = "tcp://127.0.0.1:*";
  await using python = await startPythonPeer({ type: "PUB", role: "bind", address });
  const args = ["--uri", python.address, "--fail-on-gap", "--count", "2"];
  await using subscriber = await deployment.subscribeHere(args);
  const update = { table: "t", key: "k", action: "set", value: null, topic: "D" };
  for (const shape of ["map", "json"]) {
    await python.order({ do: "publish", shape, topic: "D", update });
  }
  assert.equal((await subscriber.result()).code, 0);
  assert.deepEqual([keysOf(subscriber), noticesOf(subscriber)], [["k", "k"], []]);
});

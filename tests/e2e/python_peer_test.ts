import assert from "node:assert/strict";
import vectors from "../data/wire_vectors.json" with { type: "json" };
import { Deployment } from "../support/deployment.ts";
import { endAfterTests } from "../support/end_after_tests.ts";
import { printedEvents } from "../support/events.ts";
import { fieldsOf, hex, startNode } from "../support/python_node.ts";
import { startPythonPeer } from "../support/python_peer.ts";

const SHAPES = ["map", "json"] as const;
const EVENT = { table: "lport", key: "p-é", action: "create", value: '{"mtu": 1450}', topic: "D" };

/** A service for the tests of each format. */
const servers = new AsyncDisposableStack();

async function serving(format: typeof SHAPES[number]) {
  const deployment = servers.use(await Deployment.create({ "df.pub_sub_wire_format": format }));
  return { deployment, service: servers.use(await deployment.serve()) };
}

/** A process that publishes as the original's API workers do. */
function worker(deployment: Deployment) {
  const address = `ipc://${deployment.socketPath}`;
  return startPythonPeer({ type: "PUSH", role: "connect", address });
}

for (const format of SHAPES) {
  const { deployment, service } = await serving(format);

  Deno.test(`serve forwards the bytes of a ${format} event with a stamp, when that is its format`, async () => {
    await using node = await startNode(deployment, service);
    await using python = await worker(deployment);
    const captured = vectors.vectors.filter(({ shape, frames }) =>
      shape === format && frames[0] === "44"
    );
    assert(captured.length > 0);
    for (const { frames, decoded } of captured) {
      await python.order({ do: "send", frames });
      const received = await node.message();
      const [topic, payload] = received.frames;
      assert.deepEqual([received.frames.length, topic], [2, frames[0]]);
      assert.deepEqual(fieldsOf(received.decoded), decoded);
      // Between the header, which counts more names, and the stamp, no byte has changed.
      const body = format === "map" ? frames[1]?.slice(2) : frames[1]?.slice(6, -2);
      assert(payload?.includes(body ?? "?"));
    }
  });

  const other = format === "map" ? "json" : "map";
  Deno.test(`serve converts a ${other} event into ${format}, when that is its format`, async () => {
    await using node = await startNode(deployment, service);
    await using python = await worker(deployment);
    await python.order({ do: "publish", shape: other, topic: "D", update: EVENT });
    await python.order({ do: "publish", shape: format, topic: "D", update: EVENT });
    const converted = await node.message();
    const untouched = await node.message();
    assert.deepEqual(fieldsOf(converted.decoded), EVENT);
    assert.deepEqual(fieldsOf(untouched.decoded), EVENT);
    const isMap = ({ frames }: { frames: readonly string[] }) => frames[1]?.startsWith("89");
    assert.deepEqual([isMap(converted), isMap(untouched)], [format === "map", format === "map"]);
  });

  Deno.test(`publish in the ${format} format is readable by an independent node, on its topic`, async () => {
    await using node = await startNode(deployment, service, "tenant-α");
    const event = { ...EVENT, topic: "tenant-α" };
    await deployment.publish(JSON.stringify(event));
    const { frames, decoded } = await node.message();
    assert.equal(frames[0], hex("tenant-α"));
    assert.deepEqual(fieldsOf(decoded), event);
  });
}

Deno.test("serve drops messages that are not events, warns about each kind, and relays the others", async () => {
  await using deployment = await Deployment.create();
  await using service = await deployment.serve();
  await using node = await startNode(deployment, service);
  await using python = await worker(deployment);
  const malformed = [
    [hex("D")],
    [hex("D"), "85", "00"],
    [hex("D"), hex("garbage")],
    [hex("D"), "85a5"],
    [hex("D"), "c0".repeat(1_200_000)],
    ["ff", "80"],
    ["", "80"],
  ];
  for (const [index, frames] of malformed.entries()) {
    await python.order({ do: "send", frames });
    const update = { ...EVENT, key: `good ${index}` };
    await python.order({ do: "publish", shape: "map", topic: "D", update });
    assert.deepEqual(fieldsOf((await node.message()).decoded), update);
  }
  const { code, stderr } = await service.program.stop();
  assert.equal(code, 0, stderr);
  const warnings = stderr.split("\n").filter((line) =>
    line.includes("warn From a local publisher")
  );
  assert(warnings.length >= 4, stderr);
});

Deno.test("serve survives a message, when it is so large that libzmq disconnects its sender", async () => {
  await using deployment = await Deployment.create();
  await using service = await deployment.serve();
  await using python = await worker(deployment);
  await python.order({ do: "send", frames: [hex("D"), "c0".repeat(6_000_000)] });
  const event = ["--table", "t", "--key", "k", "--action", "set", "--confirm"];
  const { code, stderr } = await deployment.runHere(["publish", ...event]);
  assert.equal(code, 0, stderr);
  assert.equal((await service.program.stop()).code, 0);
});

Deno.test("subscribe --uri receives from a publisher of the original, in both formats", async () => {
  await using deployment = await Deployment.create();
  await using python = await startPythonPeer({
    type: "PUB",
    role: "bind",
    address: "tcp://127.0.0.1:*",
  });
  const count = String(SHAPES.length);
  await using subscriber = await deployment.subscribeHere([
    "--uri",
    python.address,
    "--count",
    count,
  ]);
  for (const shape of SHAPES) {
    await python.order({ do: "publish", shape, topic: "Dx", update: { ...EVENT, topic: "Dx" } });
    await python.order({ do: "send", frames: [hex("D"), hex("garbage")] });
    await python.order({ do: "publish", shape, topic: "D", update: EVENT });
  }
  const { code, stdout, stderr } = await subscriber.result();
  assert.equal(code, 0);
  assert.deepEqual(printedEvents(stdout.trim().split("\n")), [EVENT, EVENT]);
  assert.match(stderr, /warn From the network: /);
});

Deno.test("serve sends a missing value of the first release's workers, read from the database", async () => {
  await using deployment = await Deployment.create();
  await using db = await deployment.openDb();
  await db.create("lport", "p-é", '{"mtu": 1450}', { topic: "tenant" });
  await using service = await deployment.serve();
  await using node = await startNode(deployment, service);
  await using python = await worker(deployment);
  const update = { ...EVENT, value: null };
  await python.order({ do: "publish", shape: "json", topic: "D", update });
  await python.order({ do: "publish", shape: "map", topic: "D", update });
  await python.order({
    do: "publish",
    shape: "map",
    topic: "D",
    update: { ...update, key: "gone" },
  });
  for (const value of ['{"mtu": 1450}', '{"mtu": 1450}', null]) {
    const { decoded } = await node.message();
    const key = value === null ? "gone" : "p-é";
    assert.deepEqual(fieldsOf(decoded), { ...EVENT, key, value });
  }
});

endAfterTests(servers);

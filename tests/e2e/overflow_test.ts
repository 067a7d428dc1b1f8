import assert from "node:assert/strict";
import { Buffer } from "node:buffer";
import { encodeUpdate } from "../../service/event/codec/encode.ts";
import { dbUpdate } from "../../service/event/db_update.ts";
import { Deployment, type Overrides } from "../support/deployment.ts";
import type { Program } from "../support/program.ts";
import { hex } from "../support/python_node.ts";
import { type PythonPeer, startPythonPeer } from "../support/python_peer.ts";

const FLOOD = 20_000;
const SETTINGS = { "df_zmq.high_water_mark": 100, "df.pub_sub_hello_interval": 0.2 };

function frames(key: string, value: string): string[] {
  const update = dbUpdate({ table: "lport", key, action: "set", value });
  return [hex("D"), Buffer.from(encodeUpdate(update, "map")).toString("hex")];
}

/** What a peer reads of a document's member. */
function member(document: unknown, name: string): unknown {
  const isObject = typeof document === "object" && document !== null;
  return isObject ? Reflect.get(document, name) : undefined;
}

/** Publishes until the peer has read something. */
async function untilHeard(peer: PythonPeer, worker: PythonPeer): Promise<void> {
  let isHeard = false;
  const heard = peer.message().then(() => isHeard = true);
  while (!isHeard) {
    await worker.order({ do: "send", frames: frames("hello", "") });
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
  await heard;
}

/** The documents that the peer reads, up to such a one. */
async function readUntil(
  peer: PythonPeer,
  isLast: (document: unknown) => boolean,
): Promise<unknown[]> {
  for (const documents: unknown[] = [];;) {
    const { decoded } = await peer.message();
    documents.push(decoded);
    if (isLast(decoded)) return documents;
  }
}

interface Scene {
  readonly stderr: Program["stderr"];
  /** Publishes as a local process of the original does. */
  readonly worker: PythonPeer;
  /** Subscribed to `D`, with little room. */
  readonly node: PythonPeer;
}

async function withScene(
  options: Readonly<Record<string, number>>,
  run: (scene: Scene) => Promise<void>,
  overrides: Overrides = {},
): Promise<void> {
  await using deployment = await Deployment.create({ ...SETTINGS, ...overrides });
  await using service = await deployment.serve();
  const address = `ipc://${deployment.socketPath}`;
  await using worker = await startPythonPeer({ type: "PUSH", role: "connect", address });
  const { uri, program: { stderr } } = service;
  await using node = await startPythonPeer({
    type: "SUB",
    role: "connect",
    address: uri,
    options: { RCVBUF: 65_536, ...options },
  });
  await node.order({ do: "subscribe", topic: hex("D") });
  await untilHeard(node, worker);
  await run({ stderr, worker, node });
}

function isSync(document: unknown): boolean {
  return member(document, "action") === "sync";
}

const flood = { do: "send", frames: frames("flood", "x".repeat(2_000)), count: FLOOD };

Deno.test("serve sends a node of the original one sync, when it was too slow and reads again", () =>
  withScene({ RCVHWM: 10 }, async ({ stderr, worker, node }) => {
    await node.order({ do: "hold" });
    await worker.order(flood);
    await stderr.waitFor(/Subscribers are too slow/);
    await node.order({ do: "read" });
    const healed = stderr.waitFor(/Subscribers keep up again: sent 1 sync/).then(() =>
      worker.order({ do: "send", frames: frames("end", "") })
    );
    const documents = await readUntil(node, (document) => member(document, "key") === "end");
    await healed;
    const floods = documents.filter((document) => member(document, "key") === "flood");
    assert(floods.length < FLOOD, "the node lost nothing");
    const [sync, ...more] = documents.filter(isSync);
    assert.deepEqual(more, []);
    for (const name of ["table", "key"]) assert.equal(member(sync, name), null);
    assert.equal(member(sync, "topic"), "D");
  }));

Deno.test("serve sends a node of the original a sync, when it was given up and comes back", () => {
  const overrides = {
    "df_zmq.heartbeat_interval": 0.3,
    "df_zmq.heartbeat_timeout": 1,
    "df.pub_sub_native_sync_interval": 1,
  };
  return withScene({}, async ({ stderr, worker, node }) => {
    node.kill("SIGSTOP");
    await worker.order(flood);
    await stderr.waitFor(/Subscribers are too slow/);
    await stderr.waitFor(/Subscribers keep up again/);
    node.kill("SIGCONT");
    assert((await readUntil(node, isSync)).length < FLOOD);
  }, overrides);
});

import assert from "node:assert/strict";
import { Buffer } from "node:buffer";
import { setImmediate, setTimeout } from "node:timers/promises";
import type { FramePublisher } from "../../../drivers/contract/pubsub.ts";
import { Bus } from "../../contract/pubsub_bus.ts";
import { octets } from "../../support/frame_reader.ts";
import { withoutLeaks } from "../../support/handles.ts";
import { HealthReader } from "../../support/health_reader.ts";
import { hex } from "../../support/python_node.ts";
import { type PythonPeer, startPythonPeer } from "../../support/python_peer.ts";
import { zmqDriver } from "../../support/zmq_drivers.ts";

const WAIT_MS = 500;
const SETTINGS = {
  "df_zmq.high_water_mark": "100",
  "df_zmq.slow_subscriber_wait": String(WAIT_MS / 1000),
};
const PATIENCE_MS = 20_000;
const MOST_SENDS = 200_000;
const BODY = "x".repeat(2_000);

interface Scene {
  readonly bus: Bus;
  readonly publisher: FramePublisher;
  readonly health: HealthReader;
  /** Subscribed to `D` and `quiet`, with as little room as it can have. */
  readonly slow: PythonPeer;
}

function scene(name: string, run: (scene: Scene) => Promise<void>, overrides = {}): void {
  Deno.test(`zmq publisher ${name}`, () =>
    withoutLeaks(async () => {
      await using bus = new Bus(zmqDriver({ ...SETTINGS, ...overrides }));
      const publisher = await bus.publisher();
      const health = new HealthReader(publisher.health);
      await using slow = await startPythonPeer({
        type: "SUB",
        role: "connect",
        address: publisher.address,
        options: { RCVHWM: 10, RCVBUF: 65536 },
      });
      for (const topic of ["D", "quiet"]) {
        await slow.order({ do: "subscribe", topic: hex(topic) });
      }
      await untilHeard(publisher, slow);
      await run({ bus, publisher, health, slow });
    }));
}

/** Sends until the peer has seen something: it is subscribed. */
async function untilHeard(publisher: FramePublisher, peer: PythonPeer): Promise<void> {
  const abort = new AbortController();
  const heard = peer.message().finally(() => abort.abort());
  while (!abort.signal.aborted) {
    await publisher.send("quiet", octets("hello"));
    await setTimeout(5);
  }
  await heard;
}

/** Sends on `D` until the publisher says for a while that it has no room. */
async function fill(publisher: FramePublisher): Promise<void> {
  let refusals = 0;
  for (let sent = 0; sent < MOST_SENDS; sent++) {
    if (publisher.trySend("D", octets(`${sent} ${BODY}`))) refusals = 0;
    else if (++refusals === 50) return;
    else await setTimeout(10);
    if (sent % 50 === 49) await setImmediate();
  }
  assert.fail(`the transport took ${MOST_SENDS} frames that nobody read`);
}

interface Overflow {
  /** How many frames went out before the one that the slow subscriber misses. */
  readonly sent: number;
  /** How long that one waited for it. */
  readonly waitedMs: number;
}

/**
 * Sends on `D` until the slow subscriber misses one: now and then the kernel finds some more room for
 * a reader that has stopped.
 */
async function overflow({ publisher, health }: Scene): Promise<Overflow> {
  for (let sent = 0; sent < MOST_SENDS; sent++) {
    const start = performance.now();
    await publisher.send("D", octets(`${sent} ${BODY}`));
    const waitedMs = performance.now() - start;
    await setImmediate();
    if (health.kinds.includes("overflow")) return { sent, waitedMs };
  }
  assert.fail(`the transport took ${MOST_SENDS} frames that nobody read`);
}

async function until(holds: () => boolean): Promise<void> {
  const deadline = performance.now() + PATIENCE_MS;
  while (!holds()) {
    assert(performance.now() < deadline, "it did not come to pass");
    await setTimeout(10);
  }
}

/** What the peer reads, until a payload begins with `last`. */
async function readUntil(peer: PythonPeer, last: string): Promise<string[]> {
  const seen: string[] = [];
  for (;;) {
    const [topic = "", payload = ""] = (await peer.message()).frames
      .map((frame) => Buffer.from(frame, "hex").toString());
    const text = payload.split(" ")[0] ?? "";
    seen.push(`${topic}|${text}`);
    if (text === last) return seen;
  }
}

scene("waits for a slow subscriber within the bound, and then not again", async (it) => {
  const { publisher, slow } = it;
  await slow.order({ do: "hold" });
  const { waitedMs } = await overflow(it);
  assert(waitedMs >= WAIT_MS / 4 && waitedMs < WAIT_MS + 300, `waited ${waitedMs} ms`);
  const lossy = performance.now();
  for (let sent = 0; sent < 10_000; sent++) assert(publisher.trySend("D", octets(BODY)));
  for (let sent = 0; sent < 1_000; sent++) await publisher.send("D", octets(BODY));
  assert(performance.now() - lossy < 2_000, "the slow subscriber held up the others again");
});

scene("sends to all only when a stalled subscriber reads again", async (it) => {
  const { publisher, slow } = it;
  assert.equal(publisher.trySendToAll("D", octets("to all")), true);
  await slow.order({ do: "hold" });
  const { sent } = await overflow(it);
  for (let time = 0; time < 30; time++) {
    assert.equal(publisher.trySendToAll("D", octets("not certain")), false);
    assert.equal(publisher.trySendToAll("quiet", octets("not certain")), false);
    await setTimeout(10);
  }
  await slow.order({ do: "read" });
  const reading = readUntil(slow, "certain");
  await until(() => publisher.trySendToAll("quiet", octets("certain")));
  const seen = await reading;
  const onTime = Array.from({ length: sent }, (_, number) => `D|${number}`);
  assert.deepEqual(seen.filter((frame) => /^D\|\d+$/.test(frame)), onTime);
  assert(seen.every((frame) => !frame.endsWith("|not")));
});

scene("tells of every topic that the slow subscriber may miss", async (it) => {
  const { publisher, health, slow } = it;
  await slow.order({ do: "hold" });
  await overflow(it);
  await publisher.send("quiet", octets("lost as well"));
  await publisher.send("quiet", octets("lost as well"));
  await health.has("overflow", 2);
  const overflows = health.events.filter((event) => event.kind === "overflow");
  assert.deepEqual(overflows.map(({ topic, total }) => `${topic} ${total}`), ["D 1", "quiet 2"]);
});

scene("is certain again, when the stalled subscriber has gone", async (it) => {
  const { publisher, health, slow } = it;
  slow.kill("SIGSTOP");
  await overflow(it);
  assert.equal(publisher.trySendToAll("D", octets("not certain")), false);
  await health.has("peer-left");
  await until(() => publisher.trySendToAll("D", octets("certain")));
  slow.kill("SIGCONT");
}, { "df_zmq.heartbeat_interval": "0.3", "df_zmq.heartbeat_timeout": "2" });

scene("never refuses, when it is not to wait", async (it) => {
  const { publisher, health, slow } = it;
  await slow.order({ do: "hold" });
  for (let sent = 0; sent < 20_000; sent++) assert(publisher.trySend("D", octets(BODY)));
  await health.has("overflow");
}, { "df_zmq.slow_subscriber_wait": "0" });

scene("keeps the order of frames that wait for room, and rejects when aborted", async (it) => {
  const { publisher, slow } = it;
  await slow.order({ do: "hold" });
  await fill(publisher);
  const abort = new AbortController();
  const aborted = publisher.send("D", octets("aborted"), { signal: abort.signal });
  const sends = ["a", "b", "last"].map((text) => publisher.send("D", octets(text)));
  assert.equal(publisher.trySend("D", octets("overtakes")), false);
  abort.abort(new Error("changed my mind"));
  await slow.order({ do: "read" });
  const reading = readUntil(slow, "last");
  await assert.rejects(aborted, abort.signal.reason);
  await Promise.all(sends);
  const seen = await reading;
  assert.deepEqual(seen.slice(-3), ["D|a", "D|b", "D|last"]);
}, { "df_zmq.slow_subscriber_wait": "30" });

scene("rejects frames that wait for room, when it is closed", async (it) => {
  const { publisher, slow } = it;
  await slow.order({ do: "hold" });
  await fill(publisher);
  const sends = ["a", "b"].map((text) =>
    assert.rejects(publisher.send("D", octets(text)), { code: "CLOSED" })
  );
  await publisher.close({ timeoutMs: 20 });
  await Promise.all(sends);
}, { "df_zmq.slow_subscriber_wait": "30" });

scene("loses nothing for those who keep up with it", async (it) => {
  const { bus, publisher, slow } = it;
  const { reader } = await bus.reading("D");
  await slow.order({ do: "hold" });
  const expected: string[] = [];
  let longest = 0;
  for (let sent = 0; sent < 20_000; sent++) {
    const payload = octets(`${sent} ${BODY}`);
    const start = performance.now();
    if (!publisher.trySend("D", payload)) await publisher.send("D", payload);
    longest = Math.max(longest, performance.now() - start);
    expected.push(`D|${sent}`);
    // A subscriber that keeps up, while each queue holds only 100.
    if (sent % 50 === 49) await reader.count(sent + 1);
  }
  await reader.count(expected.length);
  assert.deepEqual(reader.frames.map((frame) => frame.split(" ")[0]), expected);
  assert(longest < WAIT_MS + 300, `a frame waited ${longest} ms`);
});

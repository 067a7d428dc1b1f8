import assert from "node:assert/strict";
import { bytesOf } from "../../support/frame_reader.ts";
import { startPythonPeer } from "../../support/python_peer.ts";
import { test } from "../../support/zmq/zmq_test.ts";

test("delivers queued frames, when a publisher closes", async (bus) => {
  const publisher = await bus.publisher();
  const { reader } = await bus.reading("D");
  for (let sent = 0; sent < 30_000; sent++) publisher.trySend("D", bytesOf(String(sent)));
  assert.deepEqual(await publisher.close({ timeoutMs: 10_000 }), { flushed: true });
  await reader.count(30_000);
  assert.equal(reader.frames.at(-1), "D|29999");
});

test("does not report that it has flushed, when it has no time to flush", async (bus) => {
  const publisher = await bus.publisher();
  await bus.reading("D");
  for (let sent = 0; sent < 10_000; sent++) publisher.trySend("D", bytesOf(String(sent)));
  assert.deepEqual(await publisher.close({ timeoutMs: 0 }), { flushed: false });
});

test("delivers all frames that a publisher sent before it disconnected, when the reader is slow", async (bus) => {
  const spec = { type: "PUB", role: "bind", address: "tcp://127.0.0.1:*" } as const;
  await using peer = await startPythonPeer({ ...spec, options: { SNDHWM: 0 } });
  const subscriber = await bus.subscriber();
  subscriber.registerTopic("D");
  subscriber.registerListenAddress(peer.address);
  await subscriber.ready({ timeoutMs: 10_000 });
  const sent = 30 * 512;
  await peer.order({ do: "number", topic: "D", from: 0, to: sent });
  await peer.finish();
  let seen = 0;
  for await (const batch of subscriber.batches()) {
    seen += batch.length;
    if (seen === sent) break;
    keepBusy(50);
  }
  assert.equal(seen, sent);
});

/** Blocks this process. */
function keepBusy(ms: number): void {
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, ms);
}

import assert from "node:assert/strict";
import type { DropReason } from "../../../../drivers/contract/health.ts";
import { ZmqContext, type ZmqSocket } from "../../../../drivers/_internal/zmq/libzmq.ts";
import { OPTION, SOCKET_TYPE } from "../../../../drivers/_internal/zmq/zmq_h.ts";
import { loadLibzmq } from "../../../../drivers/_internal/zmq/libzmq_library.ts";
import { ZmqReceiver } from "../../../../drivers/_internal/zmq/receiver.ts";
import { octets, shown } from "../../../support/frame_reader.ts";
import { withoutLeaks } from "../../../support/handles.ts";

const LIMIT = 1_024;
const MANY = 2_000;

interface Pair {
  readonly send: (topic: string, payload: string) => void;
  readonly pull: ZmqSocket;
}

/** Runs with connected pairs of sockets inside one context, where sending is arriving. */
function withPairs(count: number, run: (pairs: readonly Pair[]) => void): Promise<void> {
  return withoutLeaks(async () => {
    const context = new ZmqContext(loadLibzmq());
    const sockets: ZmqSocket[] = [];
    const pairs = Array.from({ length: count }, (_, index): Pair => {
      const [pull, push] = [context.socket(SOCKET_TYPE.pull), context.socket(SOCKET_TYPE.push)];
      sockets.push(pull, push);
      for (const socket of [pull, push]) {
        socket.setInt(OPTION.receiveHighWaterMark, 10 * MANY);
        socket.setInt(OPTION.sendHighWaterMark, 10 * MANY);
      }
      pull.bind(`inproc://receiver-${index}`);
      push.connect(`inproc://receiver-${index}`);
      const send = (topic: string, payload: string) =>
        assert(push.sendPair(octets(topic), octets(payload)));
      return { send, pull };
    });
    run(pairs);
    for (const socket of sockets) socket.close(0);
    await context.terminate();
  });
}

function receiver(wanted = (_topic: string) => true) {
  const drops: DropReason[] = [];
  const onDrop = (reason: DropReason) => drops.push(reason);
  return { drops, receiver: new ZmqReceiver(LIMIT, { wants: wanted, onDrop }) };
}

Deno.test("ZmqReceiver takes what waits on every socket", () =>
  withPairs(2, (pairs) => {
    pairs.forEach(({ send }, index) => send("D", String(index)));
    const { receiver: it } = receiver();
    const { frames, full } = it.fill(pairs.map(({ pull }) => pull));
    assert.deepEqual([frames.map(shown).sort(), full], [["D|0", "D|1"], false]);
  }));

Deno.test("ZmqReceiver begins with another socket each time, when one never runs empty", () =>
  withPairs(2, ([loud, quiet]) => {
    assert(loud && quiet);
    for (let sent = 0; sent < MANY; sent++) loud.send("loud", "1");
    quiet.send("quiet", "1");
    const { receiver: it } = receiver();
    const sockets = [loud.pull, quiet.pull];
    const twoFills = [...it.fill(sockets).frames.map(shown), ...it.fill(sockets).frames.map(shown)];
    assert(twoFills.includes("quiet|1"));
  }));

Deno.test("ZmqReceiver comes back, when nothing that it finds is wanted", () =>
  withPairs(1, ([pair]) => {
    assert(pair);
    for (let sent = 0; sent < MANY; sent++) pair.send("other", "1");
    const { receiver: it } = receiver(() => false);
    assert.deepEqual(it.fill([pair.pull]), { frames: [], full: true });
  }));

Deno.test("ZmqReceiver counts and names what it drops, and takes what is as large as allowed", () =>
  withPairs(1, ([pair]) => {
    assert(pair);
    pair.send("D", "x".repeat(LIMIT + 1));
    pair.send("", "1");
    pair.send("x".repeat(257), "1");
    pair.send("D", "x".repeat(LIMIT));
    const { receiver: it, drops } = receiver();
    const { frames } = it.fill([pair.pull]);
    assert.deepEqual(frames.map(({ payload }) => payload.length), [LIMIT]);
    assert.deepEqual(drops, ["frame-too-large", "topic-invalid", "topic-invalid"]);
    assert.deepEqual(it.counters, { received: 1, dropped: 3 });
  }));

Deno.test("ZmqReceiver hands out every frame once, when they fill many batches", () =>
  withPairs(1, ([pair]) => {
    assert(pair);
    for (let sent = 0; sent < MANY; sent++) pair.send("D", String(sent));
    const { receiver: it } = receiver();
    const got: string[] = [];
    for (let more = true; more;) {
      const { frames, full } = it.fill([pair.pull]);
      got.push(...frames.map(shown));
      more = full;
    }
    assert.deepEqual(got, Array.from({ length: MANY }, (_, index) => `D|${index}`));
  }));

import assert from "node:assert/strict";
import { FlowWatch } from "../../../../drivers/_internal/zmq/flow_watch.ts";
import type { TcpQueue } from "../../../../drivers/_internal/zmq/tcp_queue.ts";

/** A watch that looks when the test says so, before its timer does. */
function watch(queues: Map<number, TcpQueue>) {
  const state = { flowing: 0 };
  const it = new FlowWatch(queues.keys(), {
    queueOf: (fd) => queues.get(fd) ?? { notSent: 0, notAcknowledged: 0 },
    onFlowing: () => state.flowing++,
  });
  return { it, state, [Symbol.dispose]: () => it.close() };
}

const IDLE = { notSent: 0, notAcknowledged: 0 };
const STUCK = { notSent: 1, notAcknowledged: 70_000 };

Deno.test("FlowWatch believes two looks on end, not one", () => {
  const queues = new Map([[1, IDLE], [2, STUCK]]);
  using watched = watch(queues);
  const { it, state } = watched;
  for (let look = 0; look < 5; look++) it.look();
  queues.set(2, IDLE);
  it.look();
  queues.set(2, STUCK);
  it.look();
  queues.set(2, IDLE);
  it.look();
  assert.equal(state.flowing, 0);
  it.look();
  assert.equal(state.flowing, 1);
});

Deno.test("FlowWatch takes a busy connection for one that flows, and a silent one not", () => {
  const queues = new Map([[1, { notSent: 0, notAcknowledged: 500 }]]);
  using watched = watch(queues);
  const { it, state } = watched;
  for (let look = 0; look < 5; look++) it.look();
  queues.set(1, { notSent: 0, notAcknowledged: 500 });
  for (let look = 0; look < 5; look++) it.look();
  assert.equal(state.flowing, 0);
  for (const notAcknowledged of [400, 700]) {
    queues.set(1, { notSent: 0, notAcknowledged });
    it.look();
  }
  assert.equal(state.flowing, 1);
});

Deno.test("FlowWatch waits no more for a connection that has ended", () => {
  using watched = watch(new Map([[1, STUCK]]));
  const { it, state } = watched;
  it.look();
  it.forget(1);
  it.look();
  assert.equal(state.flowing, 1);
});

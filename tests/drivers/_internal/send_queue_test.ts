import assert from "node:assert/strict";
import { Notifier } from "../../../drivers/_internal/notifier.ts";
import { SendQueue } from "../../../drivers/_internal/send_queue.ts";

function setUp() {
  const changed = new Notifier();
  const queue = new SendQueue(changed);
  const taken: number[] = [];
  const room = { left: 0 };
  const takes = (send: number) => () => {
    if (room.left === 0) return false;
    room.left--;
    taken.push(send);
    return true;
  };
  const makeRoom = (count: number) => {
    room.left += count;
    changed.notify();
  };
  return { queue, taken, room, takes, makeRoom };
}

const settled = () => new Promise((resolve) => setImmediate(resolve));

Deno.test("SendQueue lets as many sends go on as there is room for, in the order of the calls", async () => {
  const { queue, taken, takes, makeRoom } = setUp();
  const sends = [1, 2, 3, 4, 5].map((send) => queue.enter(takes(send), {}));
  makeRoom(2);
  await settled();
  assert.deepEqual(taken, [1, 2]);
  makeRoom(3);
  assert.deepEqual(await Promise.all(sends), [true, true, true, true, true]);
  assert.deepEqual(taken, [1, 2, 3, 4, 5]);
});

Deno.test("SendQueue lets no send overtake those that wait, when there is room and they do not know yet", async () => {
  const { queue, taken, room, takes, makeRoom } = setUp();
  const first = queue.enter(takes(1), {});
  assert.equal(queue.isEmpty, false);
  room.left = 2;
  const second = queue.enter(takes(2), {});
  makeRoom(0);
  await Promise.all([first, second]);
  assert.deepEqual(taken, [1, 2]);
  assert.equal(queue.isEmpty, true);
});

Deno.test("SendQueue goes on with the next send, when the first is late, aborted or fails", async () => {
  const { queue, taken, takes, makeRoom } = setUp();
  const abort = new AbortController();
  const late = queue.enter(takes(1), { timeoutMs: 5 });
  const aborted = queue.enter(takes(2), { signal: abort.signal });
  let isClosed = false;
  const failing = queue.enter(() => {
    if (isClosed) throw new Error("closed");
    return false;
  }, {});
  const last = queue.enter(takes(4), {});
  assert.equal(await late, false);
  abort.abort(new Error("enough"));
  await assert.rejects(aborted, /enough/);
  isClosed = true;
  makeRoom(1);
  await assert.rejects(failing, /closed/);
  assert.equal(await last, true);
  assert.deepEqual(taken, [4]);
});

import assert from "node:assert/strict";
import { ZmqContext, type ZmqSocket } from "../../../../drivers/_internal/zmq/libzmq.ts";
import { loadLibzmq } from "../../../../drivers/_internal/zmq/libzmq_library.ts";
import { SOCKET_TYPE } from "../../../../drivers/_internal/zmq/zmq_h.ts";

const ENOENT = 2;

/** A socket without a peer, and what zmq_errno says instead of the truth, one value per call. */
async function withSocket(
  lies: readonly number[],
  use: (socket: ZmqSocket) => void,
): Promise<void> {
  const library = loadLibzmq();
  const rest = [...lies];
  const symbols = {
    ...library.symbols,
    zmq_errno: () => rest.shift() ?? library.symbols.zmq_errno(),
  };
  const context = new ZmqContext({ ...library, symbols });
  const socket = context.socket(SOCKET_TYPE.dealer);
  try {
    use(socket);
  } finally {
    socket.close(0);
    await context.terminate();
  }
}

Deno.test("ZmqSocket has nothing to receive, when the runtime changes errno after the call", async () => {
  await withSocket([ENOENT, ENOENT], (socket) => {
    assert.equal(socket.receive(new Uint8Array(8)), -1);
  });
});

Deno.test("ZmqSocket has no room to send, when the runtime changes errno after the call", async () => {
  await withSocket(
    [ENOENT, ENOENT],
    (socket) => assert.equal(socket.send(new Uint8Array(8)), false),
  );
});

Deno.test("ZmqSocket throws an unexpected errno, when repeated calls fail with it", async () => {
  await withSocket([ENOENT, ENOENT, ENOENT], (socket) => {
    assert.throws(() => socket.receive(new Uint8Array(8)), { name: "ZmqError", errno: ENOENT });
  });
});

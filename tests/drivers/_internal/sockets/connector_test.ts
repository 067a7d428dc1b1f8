import assert from "node:assert/strict";
import { Connector } from "../../../../drivers/_internal/sockets/connector.ts";
import { ERRNO } from "../../../../drivers/_internal/sockets/errno.ts";
import type { EventLoop } from "../../../../drivers/_internal/sockets/event_loop.ts";

const ATTEMPTS = 12;

/** Times of the attempts to connect, of which the kernel answers each with this errno. */
async function attempts(errno: number): Promise<number[]> {
  const times: number[] = [];
  const { setTimeout: original } = globalThis;
  const { promise, resolve } = Promise.withResolvers<void>();
  let now = 0;
  const connect = () => {
    if (times.push(now) === ATTEMPTS) resolve();
    return errno;
  };
  const nothing = () => {};
  const kernel = { socket: () => 3, connect, close: nothing };
  const loop = { kernel, add: nothing, change: nothing, remove: nothing };
  // Time passes at once.
  const timer = (callback: () => void, ms: number) =>
    original(() => {
      now += ms;
      callback();
    }, 0);
  Object.assign(globalThis, { setTimeout: timer });
  try {
    const endpoint = { kind: "ipc", path: "/nonexistent/socket" } as const;
    const onStream = () => assert.fail("connected");
    const options = { onStream, onFailure: nothing };
    const connector = new Connector(loop as unknown as EventLoop, endpoint, options);
    await promise;
    connector.close();
    return times;
  } finally {
    Object.assign(globalThis, { setTimeout: original });
  }
}

const pausesOf = (times: readonly number[]) =>
  times.slice(1).map((at, n) => Math.round(at - (times[n] ?? 0)));

for (const name of ["inProgress", "networkUnreachable", "hostUnreachable"] as const) {
  Deno.test(`Connector tries again within 800 ms, when every attempt ends with ${name}`, async () => {
    const pauses = pausesOf(await attempts(ERRNO[name]));
    assert(pauses.every((ms) => ms <= 800), pauses.join());
    assert((pauses.at(-1) ?? 0) >= 375, pauses.join());
  });
}

Deno.test("Connector backs off from 50 ms to 2 s, when it is refused", async () => {
  const pauses = pausesOf(await attempts(ERRNO.refused));
  assert((pauses[0] ?? 0) <= 50, pauses.join());
  for (const ms of pauses.slice(-3)) assert(1_000 <= ms && ms <= 2_000, pauses.join());
});

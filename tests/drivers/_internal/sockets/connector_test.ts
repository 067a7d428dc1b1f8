import assert from "node:assert/strict";
import { nextTurn } from "../../../../drivers/contract/next_turn.ts";
import { Connector } from "../../../../drivers/_internal/sockets/connector.ts";
import { formatAddress } from "../../../../drivers/_internal/sockets/endpoint.ts";
import { ERRNO } from "../../../../drivers/_internal/sockets/errno.ts";
import type { EventLoop, Watched } from "../../../../drivers/_internal/sockets/event_loop.ts";
import { Kernel } from "../../../../drivers/_internal/sockets/kernel.ts";
import { inTime } from "../../../support/in_time.ts";

const ATTEMPTS = 12;

/** Returns the times of the connection attempts. The kernel ends each attempt with this errno. */
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
  // Sleeps end at once.
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
  Deno.test(`Connector retries within 800 ms, when every attempt ends with ${name}`, async () => {
    const pauses = pausesOf(await attempts(ERRNO[name]));
    assert(pauses.every((ms) => ms <= 800), pauses.join());
    assert((pauses.at(-1) ?? 0) >= 375, pauses.join());
  });
}

Deno.test("Connector backs off from 50 ms to 2 s, when connections are refused", async () => {
  const pauses = pausesOf(await attempts(ERRNO.refused));
  assert((pauses[0] ?? 0) <= 50, pauses.join());
  for (const ms of pauses.slice(-3)) assert(1_000 <= ms && ms <= 2_000, pauses.join());
});

Deno.test("Connector spreads its retries at random, when connections are refused", async () => {
  const pauses = pausesOf(await attempts(ERRNO.refused)).slice(6);
  assert(new Set(pauses).size > 1, pauses.join());
});

const ENDPOINT = { kind: "ipc", path: "/nonexistent/socket" } as const;

/** A connector with one attempt in progress, whose result the test controls. */
class Attempt {
  readonly closed: number[] = [];
  readonly failures: string[] = [];
  readonly connected: number[] = [];
  sockets = 0;
  readonly connector: Connector;
  readonly #watching = Promise.withResolvers<Watched>();
  #error = 0;

  constructor() {
    const nothing = () => {};
    const kernel = {
      socket: () => {
        this.sockets++;
        return 3;
      },
      connect: () => ERRNO.inProgress,
      connectionError: () => this.#error,
      close: (fd: number) => void this.closed.push(fd),
    };
    const add = (_: number, watched: Watched) => this.#watching.resolve(watched);
    const loop = { kernel, add, change: nothing, remove: nothing };
    this.connector = new Connector(loop as unknown as EventLoop, ENDPOINT, {
      onStream: ({ fd }) => void this.connected.push(fd),
      onFailure: (reason) => void this.failures.push(reason),
    });
  }

  /** Ends the attempt with an errno, or with 0 for a connection. */
  async end(errno: number): Promise<void> {
    this.#error = errno;
    (await this.#watching.promise).onWritable?.();
  }

  /** Resolves when the attempt has begun. */
  async begun(): Promise<void> {
    await this.#watching.promise;
  }
}

Deno.test("Connector returns the connection, when the kernel completes it later", async () => {
  const attempt = new Attempt();
  await attempt.end(0);
  attempt.connector.close();
  assert.deepEqual([attempt.connected, attempt.closed, attempt.failures], [[3], [], []]);
});

Deno.test("Connector closes the socket and reports the reason, when the kernel could not connect", async () => {
  const attempt = new Attempt();
  await attempt.end(ERRNO.refused);
  attempt.connector.close();
  assert.deepEqual([attempt.connected, attempt.closed], [[], [3]]);
  assert.deepEqual(attempt.failures, ["connection refused"]);
});

Deno.test("Connector closes the socket once and reports nothing, when it is closed while it connects", async () => {
  const attempt = new Attempt();
  await attempt.begun();
  attempt.connector.close();
  attempt.connector.close();
  assert.deepEqual([attempt.connected, attempt.closed, attempt.failures], [[], [3], []]);
});

Deno.test("Connector opens no socket, when it is closed before the address is resolved", async () => {
  const attempt = new Attempt();
  attempt.connector.close();
  await nextTurn();
  assert.deepEqual([attempt.sockets, attempt.failures], [0, []]);
});

Deno.test("Connector retries once, however often a retry is requested, and never when it is closed", async () => {
  const attempt = new Attempt();
  await attempt.end(0);
  const { setTimeout: original } = globalThis;
  let timers = 0;
  Object.assign(globalThis, { setTimeout: () => ++timers });
  try {
    for (let count = 0; count < 3; count++) attempt.connector.retry();
    assert.equal(timers, 1);
    attempt.connector.close();
    attempt.connector.retry();
    assert.equal(timers, 1);
  } finally {
    Object.assign(globalThis, { setTimeout: original });
  }
});

/** Connects to a host with two addresses, and returns those tried. `connect` returns an errno. */
async function tryAddresses(
  connect: (address: string) => number,
  onConnected: (connector: Connector, tried: readonly string[]) => boolean,
): Promise<readonly string[]> {
  using real = new Kernel();
  const tried: string[] = [];
  const { promise, resolve } = Promise.withResolvers<void>();
  const kernel = {
    socket: () => 3,
    connect: (_: number, bytes: Uint8Array) => {
      const address = formatAddress(bytes);
      tried.push(address);
      return connect(address);
    },
    close: () => {},
    ipAddress: (family: number, text: string) => real.ipAddress(family, text),
  };
  const endpoint = { kind: "tcp", host: "dual.example", port: 1, isSecure: false } as const;
  const connector: Connector = new Connector({ kernel } as unknown as EventLoop, endpoint, {
    lookup: () => Promise.resolve([{ address: "192.0.2.1" }, { address: "2001:db8::1" }]),
    onStream: () => onConnected(connector, tried) && resolve(),
    onFailure: () => {},
  });
  await inTime(promise, 5_000, () => `tried ${tried.join()}`);
  connector.close();
  return tried;
}

const [FIRST, SECOND] = ["192.0.2.1:1", "[2001:db8::1]:1"];

Deno.test("Connector tries each address of a host name in turn, when the ones before it refuse", async () => {
  const tried = await tryAddresses((at) => at === SECOND ? 0 : ERRNO.refused, () => true);
  assert.deepEqual(tried, [FIRST, SECOND]);
});

Deno.test("Connector tries the next address of a host name, when the connection to one ends without success", async () => {
  const tried = await tryAddresses(() => 0, (connector, { length }) => {
    if (length === 2) connector.noteSuccess();
    connector.retry();
    return length === 3;
  });
  assert.deepEqual(tried, [FIRST, SECOND, SECOND]);
});

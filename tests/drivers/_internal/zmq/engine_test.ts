import assert from "node:assert/strict";
import { highWaterMark, zmqLibrary } from "../../../../drivers/_internal/zmq/options.ts";
import {
  type LibzmqSymbols,
  loadLibzmq,
} from "../../../../drivers/_internal/zmq/libzmq_library.ts";
import { ZmqEngine } from "../../../../drivers/_internal/zmq/engine.ts";
import { SOCKET_TYPE } from "../../../../drivers/_internal/zmq/zmq_h.ts";
import type { Settings } from "../../../../drivers/contract/option.ts";
import { Notifier } from "../../../../drivers/_internal/notifier.ts";
import { freePort } from "../../../support/deployment.ts";
import { withoutLeaks } from "../../../support/handles.ts";
import { linesOf } from "../../../support/lines.ts";
import { RecordingLogger } from "../../../support/recording_logger.ts";
import { testSettings } from "../../../support/test_settings.ts";

const HANDLERS = { onReady: () => {}, onConnection: () => {} };
const PATIENCE_MS = 5_000;

Deno.test("ZmqEngine.close ends, when opening a socket threw what nobody expected", () =>
  withoutLeaks(async () => {
    const settings = testSettings();
    const failing: Settings = {
      get(option) {
        if ((option as unknown) === highWaterMark) throw new Error("refused");
        return settings.get(option);
      },
    };
    const engine = new ZmqEngine({ settings: failing, log: new RecordingLogger() });
    assert.throws(() => engine.socket(SOCKET_TYPE.push, "ipc:///nowhere", HANDLERS), /refused/);
    assert.equal(await isOverIn(PATIENCE_MS, engine.close(0)), true, "it waits for the socket");
  }));

Deno.test("ZmqEngine leaves nothing open, when libzmq makes no context", () =>
  withoutLeaks(() => {
    const context = { settings: testSettings(), log: new RecordingLogger() };
    const symbols = loadLibzmq(context.settings.get(zmqLibrary)).symbols as Writable;
    const { zmq_ctx_new } = symbols;
    symbols.zmq_ctx_new = () => null;
    try {
      assert.throws(() => new ZmqEngine(context), /^ZmqError: zmq_ctx_new: /);
    } finally {
      symbols.zmq_ctx_new = zmq_ctx_new;
    }
    return Promise.resolve();
  }));

type Writable = { -readonly [Name in keyof LibzmqSymbols]: LibzmqSymbols[Name] };

async function isOverIn(timeoutMs: number, ending: Promise<unknown>): Promise<boolean> {
  let timer: ReturnType<typeof setTimeout> | undefined;
  const late = new Promise<boolean>((resolve) => {
    timer = setTimeout(() => resolve(false), timeoutMs);
  });
  try {
    return await Promise.race([ending.then(() => true), late]);
  } finally {
    clearTimeout(timer);
  }
}

Deno.test("ZmqEngine retries 100 ms after a connection is refused, and never waits more than 500 ms", () =>
  withoutLeaks(async () => {
    const delays = await retryDelays(`tcp://127.0.0.1:${freePort()}`, 5);
    assert.deepEqual(delays, [100, 200, 400, 500, 500]);
  }));

Deno.test("ZmqEngine retries within seconds, when nothing answers its attempt to connect", () =>
  withoutLeaks(async () => {
    await using deaf = await startDeafListener();
    const start = performance.now();
    await retryDelays(`tcp://127.0.0.1:${deaf.port}`, 1);
    const tookMs = performance.now() - start;
    assert(tookMs < PATIENCE_MS, `took ${tookMs} ms`);
  }));

/** How long a socket waits before each of its first `count` retries, in milliseconds. */
async function retryDelays(address: string, count: number): Promise<number[]> {
  const delays: number[] = [];
  const retried = new Notifier();
  const engine = new ZmqEngine({ settings: testSettings(), log: new RecordingLogger() });
  const socket = engine.socket(SOCKET_TYPE.sub, address, {
    onReady: () => {},
    onConnection: ({ kind, fd }) => {
      if (kind === "retrying") delays.push(fd);
      retried.notify();
    },
  });
  socket.connect(address);
  const hasEnough = await retried.until(() => delays.length >= count, { timeoutMs: 10_000 });
  await engine.close(0);
  assert(hasEnough, `retried after ${delays}`);
  return delays.slice(0, count);
}

/** Listens with a queue that is full, so that the kernel leaves attempts to connect unanswered. */
async function startDeafListener(): Promise<AsyncDisposable & { readonly port: number }> {
  const script = `
import socket, sys
server = socket.socket()
server.bind(("127.0.0.1", 0))
server.listen(0)
clients = [socket.socket() for _ in range(4)]
for client in clients:
    client.setblocking(False)
    client.connect_ex(server.getsockname())
print(server.getsockname()[1], flush=True)
sys.stdin.read()`;
  const child = new Deno.Command("python3", {
    args: ["-c", script],
    stdin: "piped",
    stdout: "piped",
  }).spawn();
  const lines = linesOf(child.stdout);
  const port = Number((await lines.next()).value);
  return {
    port,
    [Symbol.asyncDispose]: async () => {
      await child.stdin.close();
      while ((await lines.next()).value !== undefined);
      await child.status;
    },
  };
}

import assert from "node:assert/strict";
import { highWaterMark, zmqLibrary } from "../../../../drivers/_internal/zmq/options.ts";
import {
  type LibzmqSymbols,
  loadLibzmq,
} from "../../../../drivers/_internal/zmq/libzmq_library.ts";
import { ZmqEngine } from "../../../../drivers/_internal/zmq/engine.ts";
import { SOCKET_TYPE } from "../../../../drivers/_internal/zmq/zmq_h.ts";
import type { Settings } from "../../../../drivers/contract/option.ts";
import { withoutLeaks } from "../../../support/handles.ts";
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

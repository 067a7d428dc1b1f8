import assert from "node:assert/strict";
import { nextTurn } from "../../../drivers/contract/next_turn.ts";
import type { Responder } from "../../../drivers/contract/requests.ts";
import { ZmqContext, type ZmqSocket } from "../../../drivers/_internal/zmq/libzmq.ts";
import { loadLibzmq } from "../../../drivers/_internal/zmq/libzmq_library.ts";
import { requestFrame } from "../../../drivers/_internal/zmq/request_frame.ts";
import { OPTION, SOCKET_TYPE } from "../../../drivers/_internal/zmq/zmq_h.ts";
import { createZmqMultiprocDriver } from "../../../drivers/pubsub/zmq_multiproc.ts";
import { octets } from "../../support/frame_reader.ts";
import { withoutLeaks } from "../../support/handles.ts";
import { RecordingLogger } from "../../support/recording_logger.ts";
import { tempDir } from "../../support/temp_dir.ts";
import { testSettings } from "../../support/test_settings.ts";

const PATIENCE = { timeoutMs: 10_000 };

/** A requester that reads answers when it is told to, and only then. */
class Greedy implements AsyncDisposable {
  readonly #context = new ZmqContext(loadLibzmq());
  readonly #socket: ZmqSocket = this.#context.socket(SOCKET_TYPE.dealer);

  constructor({ address }: Responder) {
    this.#socket.setInt(OPTION.receiveHighWaterMark, 1);
    this.#socket.connect(address);
  }

  async ask(count: number, request: string): Promise<void> {
    for (let id = 1; id <= count; id++) {
      const frame = requestFrame(BigInt(id), octets(request));
      await until(() => this.#socket.send(frame), "it takes no more requests");
    }
  }

  /** Reads what is there. */
  read(): number {
    let count = 0;
    while (this.#socket.receive(new Uint8Array(0)) >= 0) count++;
    return count;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#socket.close(0);
    await this.#context.terminate();
  }
}

async function until(holds: () => boolean, otherwise: string): Promise<void> {
  const deadline = performance.now() + PATIENCE.timeoutMs;
  while (!holds()) {
    assert(performance.now() < deadline, otherwise);
    await nextTurn();
  }
}

async function made() {
  const directory = await tempDir();
  const settings = testSettings({
    "df.publisher_multiproc_socket": directory.join("socket"),
    "df.pub_sub_max_event_bytes": "4096",
  });
  const log = new RecordingLogger();
  const { requests } = createZmqMultiprocDriver({ settings, log });
  assert(requests !== undefined);
  return { requests, log, [Symbol.asyncDispose]: () => directory[Symbol.asyncDispose]() };
}

Deno.test("zmq keeps a few answers of any size for a requester that reads none, and drops the others", () =>
  withoutLeaks(async () => {
    await using it = await made();
    let answered = 0;
    await using responder = await it.requests.openResponder(() => {
      answered++;
      return new Uint8Array(it.requests.maxBytes);
    });
    await using greedy = new Greedy(responder);
    await greedy.ask(200, "much");
    const dropped = () => it.log.messages("warn").some((line) => line.endsWith("100 so far"));
    await until(dropped, `${answered} large answers wait for a requester that reads nothing`);
    assert(answered < 30, `${answered} answers were made`);
    await using other = await it.requests.openRequester(responder.address);
    await other.request(octets("1"), PATIENCE);
    // Once it reads it is answered again, and has got no more than there was room for.
    let got = 0;
    await until(() => (got += greedy.read()) >= answered - 10, "what waits for it does not come");
    const asking = setInterval(() => void greedy.ask(1, "more"), 20);
    await until(() => (got += greedy.read()) > 30, "it is never answered again");
    clearInterval(asking);
  }));

Deno.test("zmq answers others, when one requester has more requests under way than it may", () =>
  withoutLeaks(async () => {
    await using it = await made();
    const held: (() => void)[] = [];
    await using responder = await it.requests.openResponder((request) => {
      if (request.length < 4) return request.slice();
      return new Promise((resolve) => held.push(() => resolve(undefined)));
    });
    await using greedy = new Greedy(responder);
    await greedy.ask(5_000, "wait");
    const dropped = () => it.log.messages("warn").some((line) => line.endsWith("1000 so far"));
    await until(dropped, `${held.length} requests of one requester are under way`);
    await using other = await it.requests.openRequester(responder.address);
    assert.deepEqual(await other.request(octets("1"), PATIENCE), octets("1"));
    assert.equal(held.length, 512);
    for (const release of held) release();
  }));

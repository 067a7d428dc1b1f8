import assert from "node:assert/strict";
import { Buffer } from "node:buffer";
import { setImmediate as immediate } from "node:timers/promises";
import type { DriverContext } from "../../../drivers/contract/pubsub.ts";
import { MOST_REQUESTS_UNDER_WAY, type RequestReply } from "../../../drivers/contract/requests.ts";
import { createZmqDriver } from "../../../drivers/pubsub/zmq.ts";
import { createZmqMultiprocDriver } from "../../../drivers/pubsub/zmq_multiproc.ts";
import { freePort } from "../../support/deployment.ts";
import { octets } from "../../support/frame_reader.ts";
import { withoutLeaks } from "../../support/handles.ts";
import { startPythonPeer } from "../../support/python_peer.ts";
import { RecordingLogger } from "../../support/recording_logger.ts";
import { tempDir } from "../../support/temp_dir.ts";
import { type Overrides, testSettings } from "../../support/test_settings.ts";

const LOCAL = { "df.publisher_bind_address": "127.0.0.1", "df.pub_sub_max_event_bytes": "4096" };
const PATIENCE = { timeoutMs: 10_000 };
const echo = (request: Uint8Array) => request.slice();

interface Made {
  readonly requests: RequestReply;
  readonly log: RecordingLogger;
}

function made(create: typeof createZmqDriver, overrides: Overrides): Made {
  const log = new RecordingLogger();
  const context: DriverContext = { settings: testSettings({ ...LOCAL, ...overrides }), log };
  const { requests } = create(context);
  assert(requests !== undefined);
  return { requests, log };
}

async function answers(requests: RequestReply, address: string): Promise<void> {
  await using requester = await requests.openRequester(address);
  const answer = await requester.request(octets("ping"), PATIENCE);
  assert.deepEqual(answer, octets("ping"));
}

Deno.test("zmq answers at the port of the configuration", () =>
  withoutLeaks(async () => {
    const port = freePort();
    const { requests, log } = made(createZmqDriver, { "df.pub_sub_replay_port": String(port) });
    await using responder = await requests.openResponder(echo);
    assert.equal(responder.address, `tcp://127.0.0.1:${port}`);
    await answers(requests, responder.address);
    assert.deepEqual(log.lines, []);
  }));

Deno.test("zmq asks at no address inside this host, which a peer may have named", async () => {
  const { requests } = made(createZmqDriver, {});
  const refusal = { code: "ADDRESS_INVALID", message: /wanted tcp:/ };
  await assert.rejects(requests.openRequester("ipc:///run/other"), refusal);
});

Deno.test("zmq answers at any free port and warns once, when that of the configuration is taken", () =>
  withoutLeaks(async () => {
    using other = Deno.listen({ port: 0, hostname: "127.0.0.1" });
    const port = other.addr.port;
    const { requests, log } = made(createZmqDriver, { "df.pub_sub_replay_port": String(port) });
    await using responder = await requests.openResponder(echo);
    assert.notEqual(responder.address, `tcp://127.0.0.1:${port}`);
    await answers(requests, responder.address);
    assert.match(
      log.messages("warn").join(),
      new RegExp(`:${port}": Address already in use.*: .* at tcp://127`),
    );
    assert.equal(log.lines.length, 1);
  }));

Deno.test("zmq answers at any free port, when its publisher listens at one", () =>
  withoutLeaks(async () => {
    const settings = { "df.publisher_port": "0" };
    const { requests, log } = made(createZmqDriver, settings);
    await using one = await requests.openResponder(echo);
    await using two = await requests.openResponder(echo);
    assert.notEqual(one.address, two.address);
    assert.deepEqual(log.lines, []);
  }));

Deno.test("zmq asks and answers by IPv6", () =>
  withoutLeaks(async () => {
    const settings = { "df.publisher_bind_address": "::1", "df.publisher_port": "0" };
    const { requests } = made(createZmqDriver, settings);
    await using responder = await requests.openResponder(echo);
    assert.match(responder.address, /^tcp:\/\/\[::1\]:\d+$/);
    await answers(requests, responder.address);
  }));

Deno.test("zmq refuses to answer at what is no address of this host", () =>
  withoutLeaks(async () => {
    const settings = { "df.publisher_bind_address": "192.0.2.1" };
    const { requests } = made(createZmqDriver, settings);
    await assert.rejects(requests.openResponder(echo), {
      code: "ADDRESS_INVALID",
      message: /192\.0\.2\.1/,
    });
  }));

Deno.test("zmq_multiproc answers at a path with the mode of the configuration, and removes it", () =>
  withoutLeaks(async () => {
    await using directory = await tempDir();
    const path = directory.join("socket");
    const settings = { "df.publisher_multiproc_socket": path, "df_zmq.ipc_socket_mode": "0600" };
    const { requests } = made(createZmqMultiprocDriver, settings);
    const responder = await requests.openResponder(echo);
    assert.equal(responder.address, `ipc://${path}.ask`);
    assert.equal((Deno.statSync(`${path}.ask`).mode ?? 0) & 0o777, 0o600);
    await answers(requests, responder.address);
    await responder[Symbol.asyncDispose]();
    assert.throws(() => Deno.statSync(`${path}.ask`), Deno.errors.NotFound);
  }));

Deno.test("zmq_multiproc clears a dead responder's path away, and leaves a live one's", () =>
  withoutLeaks(async () => {
    await using directory = await tempDir();
    const path = directory.join("socket");
    Deno.listen({ transport: "unix", path: `${path}.ask` }).close();
    const settings = { "df.publisher_multiproc_socket": path };
    const { requests } = made(createZmqMultiprocDriver, settings);
    await using responder = await requests.openResponder(echo);
    await answers(requests, responder.address);
    await assert.rejects(requests.openResponder(echo), { code: "ADDRESS_IN_USE" });
    await answers(requests, responder.address);
  }));

Deno.test("zmq drops what is no request, says so, and goes on", () =>
  withoutLeaks(async () => {
    const { requests, log } = made(createZmqDriver, { "df.publisher_port": "0" });
    await using responder = await requests.openResponder(echo);
    const { address } = responder;
    await using peer = await startPythonPeer({ type: "DEALER", role: "connect", address });
    const request = Buffer.from("\0\0\0\0\0\0\0\u0007body").toString("hex");
    for (const frames of [[""], ["00"], ["00".repeat(7)], [request, request], ["", request]]) {
      await peer.order({ do: "send", frames });
    }
    await peer.order({ do: "send", frames: [request] });
    assert.deepEqual((await peer.message()).frames, [request]);
    await peer.order({ do: "send", frames: ["61".repeat(10 * requests.maxBytes)] });
    await answers(requests, address);
    assert.equal(log.lines.length, 1);
    assert.match(log.messages("warn").join(), /dropped what is no request; 1 so far/);
  }));

Deno.test("zmq asks again at a responder that came back", () =>
  withoutLeaks(async () => {
    const port = freePort();
    const { requests } = made(createZmqDriver, { "df.pub_sub_replay_port": String(port) });
    const first = await requests.openResponder(echo);
    await using requester = await requests.openRequester(first.address);
    await requester.request(octets("one"), PATIENCE);
    await first[Symbol.asyncDispose]();
    const asking = requester.request(octets("two"), PATIENCE);
    await using _second = await requests.openResponder(echo);
    assert.deepEqual(await asking, octets("two"));
  }));

// libzmq takes requests for a connection whose end it has told of already: one in fifty or so.
Deno.test("zmq asks again, whenever in the end of a connection it had asked", () =>
  withoutLeaks(async () => {
    const port = freePort();
    const { requests } = made(createZmqDriver, { "df.pub_sub_replay_port": String(port) });
    let responder = await requests.openResponder(echo);
    await using undo = new AsyncDisposableStack();
    const open = Array.from({ length: 12 }, () => requests.openRequester(responder.address));
    const requesters = (await Promise.all(open)).map((requester) => undo.use(requester));
    const ask = async (round: number) => {
      const asking: Promise<Uint8Array>[] = [];
      for (const requester of requesters) {
        asking.push(requester.request(octets(`${round}`), PATIENCE));
        await immediate();
      }
      return asking;
    };
    for (let round = 1; round <= 20; round++) {
      const closing = responder[Symbol.asyncDispose]();
      const asking = await ask(round);
      await closing;
      responder = await requests.openResponder(echo);
      for (const answer of await Promise.all(asking)) assert.deepEqual(answer, octets(`${round}`));
    }
    await responder[Symbol.asyncDispose]();
  }));

Deno.test("zmq asks again what a lost connection had taken", () =>
  withoutLeaks(async () => {
    const port = freePort();
    const { requests } = made(createZmqDriver, { "df.pub_sub_replay_port": String(port) });
    const asked = Promise.withResolvers<void>();
    const first = await requests.openResponder(() => {
      asked.resolve();
      return undefined;
    });
    await using requester = await requests.openRequester(first.address);
    const asking = requester.request(octets("one"), PATIENCE);
    await asked.promise;
    await first[Symbol.asyncDispose]();
    await using _second = await requests.openResponder(echo);
    assert.deepEqual(await asking, octets("one"));
  }));

Deno.test("zmq names the address, when nobody ever answers there", () =>
  withoutLeaks(async () => {
    const address = `tcp://127.0.0.1:${freePort()}`;
    const { requests } = made(createZmqDriver, {});
    await using requester = await requests.openRequester(address);
    await assert.rejects(requester.request(octets("1"), { timeoutMs: 50 }), {
      code: "NO_RESPONDER",
      message: `There is nobody to ask at "${address}": waited 0.05 s`,
    });
  }));

// Whoever listens is somebody, even if it hangs: only then is it worth the wait.
Deno.test("zmq tells a responder that hangs from none, though its connection never stands", () =>
  withoutLeaks(async () => {
    using hanging = Deno.listen({ port: 0, hostname: "127.0.0.1" });
    const { requests } = made(createZmqDriver, {});
    await using requester = await requests.openRequester(`tcp://127.0.0.1:${hanging.addr.port}`);
    const code = () => requester.request(octets("1"), { timeoutMs: 50 }).catch(({ code }) => code);
    while (await code() !== "SEND_TIMEOUT");
    assert.equal(await code(), "SEND_TIMEOUT");
  }));

Deno.test("zmq lets an answer go whose requester has left", () =>
  withoutLeaks(async () => {
    const { requests, log } = made(createZmqDriver, { "df.publisher_port": "0" });
    const held: (() => void)[] = [];
    await using responder = await requests.openResponder((request) => {
      const answer = request.slice();
      if (answer.length > 4) return answer;
      return new Promise((resolve) => held.push(() => resolve(answer)));
    });
    const open = Array.from({ length: 25 }, () => requests.openRequester(responder.address));
    const gone = await Promise.all(open);
    const asking = gone.flatMap((each) =>
      Array.from({ length: MOST_REQUESTS_UNDER_WAY }, () => {
        return assert.rejects(each.request(octets("gone"), PATIENCE), { code: "CLOSED" });
      })
    );
    while (held.length < asking.length) await new Promise((resolve) => setTimeout(resolve, 2));
    await Promise.all(gone.map((each) => each[Symbol.asyncDispose]()));
    await Promise.all(asking);
    await using stays = await requests.openRequester(responder.address);
    // The responder learns a moment later that the requester has left.
    for (const release of held) {
      release();
      await stays.request(octets("stays"), PATIENCE);
      if (log.lines.length > 0) break;
    }
    assert.match(log.messages("debug").join(), /an answer that its requester did not wait for/);
  }));

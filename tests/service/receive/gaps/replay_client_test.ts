import assert from "node:assert/strict";
import { DriverError } from "../../../../drivers/contract/errors.ts";
import type { Requester, RequestReply } from "../../../../drivers/contract/requests.ts";
import {
  ReplayClient,
  type ReplayClientOptions,
} from "../../../../service/receive/gaps/replay_client.ts";
import {
  decodeReplayRequest,
  encodeReplayAnswer,
} from "../../../../service/protocol/replay_protocol.ts";
import { EPOCH, PUBLISHER } from "../../../support/numbered.ts";

const REQUEST = { publisher: PUBLISHER, epoch: EPOCH, topic: "D", from: 2, to: 3 };
const { signal } = new AbortController();

type Reply = (request: Uint8Array, signal: AbortSignal | undefined) => Promise<Uint8Array>;

function setUp(reply: Reply, options: Partial<ReplayClientOptions> = {}) {
  const opened: string[] = [];
  const closed: string[] = [];
  const open = (address: string): Requester => ({
    request: (request, bounds) => reply(request, bounds.signal),
    [Symbol.asyncDispose]: () => Promise.resolve(void closed.push(address)),
  });
  const requests: RequestReply = {
    maxBytes: 1024,
    openResponder: () => Promise.reject(new Error("not here")),
    openRequester(address = "") {
      opened.push(address);
      if (!address.includes("nonsense")) return Promise.resolve(open(address));
      return Promise.reject(new DriverError("ADDRESS_INVALID", "Cannot connect"));
    },
  };
  return { client: new ReplayClient(requests, { timeoutMs: 10, ...options }), opened, closed };
}

function none(octets: Uint8Array): Promise<Uint8Array> {
  const { publisher, epoch, topic } = decodeReplayRequest(octets);
  return Promise.resolve(encodeReplayAnswer({ publisher, epoch, topic, first: 0, events: [] }));
}

Deno.test("ReplayClient keeps a connection for each address, and closes the idle for others", async () => {
  const { client, opened, closed } = setUp(none, { maxConnections: 2 });
  for (const host of ["a", "a", "b", "a", "c"]) {
    await client.ask(`tcp://${host}:1`, REQUEST, signal);
  }
  assert.deepEqual(opened, ["tcp://a:1", "tcp://b:1", "tcp://c:1"]);
  await client[Symbol.asyncDispose]();
  assert.deepEqual(closed.sort(), opened);
  await client[Symbol.asyncDispose]();
  await assert.rejects(client.ask("tcp://a:1", REQUEST, signal), { code: "CLOSED" });
});

Deno.test("ReplayClient asks once more, when no answer comes, and then no more", async () => {
  let asked = 0;
  const late: Reply = () => {
    asked++;
    return Promise.reject(new DriverError("SEND_TIMEOUT", "No answer"));
  };
  const { client } = setUp(late);
  await assert.rejects(client.ask("tcp://a:1", REQUEST, signal), { code: "SEND_TIMEOUT" });
  assert.equal(asked, 2);
  const tries = [late, none];
  const second = setUp((octets) => (tries.shift() ?? none)(octets, signal));
  assert.equal((await second.client.ask("tcp://a:1", REQUEST, signal)).first, 0);
});

Deno.test("ReplayClient survives nonsense for an address or an answer", async () => {
  const { client, opened } = setUp(() => Promise.resolve(new Uint8Array([1, 2, 3])));
  for (const address of ["", "http://a/", "file:///etc/passwd"]) {
    await assert.rejects(client.ask(address, REQUEST, signal), { code: "ADDRESS_INVALID" });
  }
  assert.deepEqual(opened, []);
  for (let n = 0; n < 2; n++) {
    await assert.rejects(client.ask("tcp://nonsense", REQUEST, signal), {
      code: "ADDRESS_INVALID",
    });
  }
  assert.equal(opened.length, 2);
  await assert.rejects(client.ask("tcp://a:1", REQUEST, signal), { name: "WireError" });
  await client[Symbol.asyncDispose]();
});

Deno.test("ReplayClient has a few questions under way at a time, and an abort ends those that wait", async () => {
  let underWay = 0;
  let most = 0;
  const answers: (() => void)[] = [];
  const { client } = setUp(async (octets) => {
    most = Math.max(most, ++underWay);
    await new Promise<void>((resolve) => answers.push(resolve));
    underWay--;
    return await none(octets);
  }, { maxRequests: 2 });
  const abort = new AbortController();
  const asked = Array.from({ length: 5 }, () => client.ask("tcp://a:1", REQUEST, signal));
  const aborted = assert.rejects(client.ask("tcp://a:1", REQUEST, abort.signal), /enough/);
  abort.abort(new Error("enough"));
  await aborted;
  const all = Promise.all(asked);
  for (let answered = 0; answered < asked.length;) {
    await new Promise((resolve) => setTimeout(resolve));
    for (; answers.length > 0; answered++) answers.shift()?.();
  }
  await all;
  assert.equal(most, 2);
});

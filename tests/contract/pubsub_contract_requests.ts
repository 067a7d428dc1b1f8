import assert from "node:assert/strict";
import type { PubSubTraits } from "../../drivers/contract/pubsub.ts";
import { MOST_REQUESTS_UNDER_WAY, type RequestReply } from "../../drivers/contract/requests.ts";
import { octets } from "../support/frame_reader.ts";
import type { Bus } from "./pubsub_bus.ts";
import type { RegisterTest } from "./pubsub_contract.ts";

const closed = { name: "DriverError", code: "CLOSED" };
const tooLarge = { name: "DriverError", code: "FRAME_TOO_LARGE" };
const PATIENCE = { timeoutMs: 10_000 };

function requestsOf({ driver }: Bus): RequestReply {
  const { requests } = driver;
  assert(requests !== undefined, `${driver.name} takes no requests any more`);
  return requests;
}

function text(payload: Uint8Array): string {
  return new TextDecoder().decode(payload);
}

const echo = (request: Uint8Array) => octets(`echo of ${text(request)}`);

/** Questions and answers beside the frames. */
export function registerRequests(it: RegisterTest, traits: PubSubTraits): void {
  registerAnswers(it, traits);
  registerSilence(it);
  registerEnds(it);
}

function registerAnswers(it: RegisterTest, { fanOut, reach }: PubSubTraits): void {
  it("answers a request, at the address of the responder", async (bus) => {
    const requests = requestsOf(bus);
    await using responder = await requests.openResponder(echo);
    await using requester = await requests.openRequester(responder.address);
    assert.equal(text(await requester.request(octets("one"), PATIENCE)), "echo of one");
  });

  it("answers at the address of the configuration", async (bus) => {
    const requests = requestsOf(bus);
    await using _responder = await requests.openResponder(echo);
    await using requester = await requests.openRequester();
    assert.equal(text(await requester.request(octets("one"), PATIENCE)), "echo of one");
  }, { when: reach === "network", because: "a subscriber asks many publishers" });

  it("carries requests and answers that are empty, or of the greatest size", async (bus) => {
    const requests = requestsOf(bus);
    const sizes: number[] = [];
    await using responder = await requests.openResponder((request) => {
      sizes.push(request.length);
      return request.slice();
    });
    await using requester = await requests.openRequester(responder.address);
    for (const size of [0, requests.maxBytes]) {
      const body = new Uint8Array(size).fill(7);
      assert.deepEqual(await requester.request(body, PATIENCE), body);
    }
    assert.deepEqual(sizes, [0, requests.maxBytes]);
  });

  it("has all requests of several requesters under way, answered in any order", async (bus) => {
    const requests = requestsOf(bus);
    const held: (() => void)[] = [];
    await using responder = await requests.openResponder((request) => {
      const answer = echo(request);
      return new Promise((resolve) => held.push(() => resolve(answer)));
    });
    await using one = await requests.openRequester(responder.address);
    await using two = await requests.openRequester(responder.address);
    const asked = Array.from({ length: 2 * MOST_REQUESTS_UNDER_WAY }, (_, number) => `${number}`);
    const answers = asked.map((number, index) =>
      (index % 2 === 0 ? one : two).request(octets(number), PATIENCE)
    );
    while (held.length < asked.length) await new Promise((resolve) => setTimeout(resolve, 2));
    for (const release of held.reverse()) release();
    const got = (await Promise.all(answers)).map(text);
    assert.deepEqual(got, asked.map((number) => `echo of ${number}`));
  });

  it("loses no answer of the greatest size, when all come in one moment", async (bus) => {
    const requests = requestsOf(bus);
    const held: (() => void)[] = [];
    await using responder = await requests.openResponder(() =>
      new Promise((resolve) => held.push(() => resolve(new Uint8Array(requests.maxBytes))))
    );
    await using requester = await requests.openRequester(responder.address);
    const answers = Array.from(
      { length: MOST_REQUESTS_UNDER_WAY },
      () => requester.request(octets("much"), PATIENCE),
    );
    while (held.length < answers.length) await new Promise((resolve) => setTimeout(resolve, 2));
    for (const release of held) release();
    for (const answer of await Promise.all(answers)) {
      assert.equal(answer.length, requests.maxBytes);
    }
  });

  it("waits for a responder that is not there yet", async (bus) => {
    const requests = requestsOf(bus);
    await using requester = await requests.openRequester();
    const asking = requester.request(octets("early"), PATIENCE);
    await using _responder = await requests.openResponder(echo);
    assert.equal(text(await asking), "echo of early");
  }, { when: fanOut === "all" && reach === "network", because: "its address is not known before" });

  it("hands answers over as octets of the caller's own", async (bus) => {
    const requests = requestsOf(bus);
    await using responder = await requests.openResponder(echo);
    await using requester = await requests.openRequester(responder.address);
    const first = await requester.request(octets("one"), PATIENCE);
    await requester.request(octets("two"), PATIENCE);
    assert.equal(text(first), "echo of one");
  });
}

function registerSilence(it: RegisterTest): void {
  it("gives a request up, when it is left without an answer", async (bus) => {
    const requests = requestsOf(bus);
    await using responder = await requests.openResponder((request) =>
      text(request) === "silence" ? undefined : octets("answer")
    );
    await using requester = await requests.openRequester(responder.address);
    const asking = requester.request(octets("silence"), { timeoutMs: 50 });
    await assert.rejects(asking, (error: Error & { code?: string }) => {
      return error.code === "SEND_TIMEOUT" && error.message.includes(responder.address);
    });
    assert.equal(text(await requester.request(octets("speak"), PATIENCE)), "answer");
  });

  it("gives a request up, when its responder has gone", async (bus) => {
    const requests = requestsOf(bus);
    const responder = await requests.openResponder(echo);
    await using requester = await requests.openRequester(responder.address);
    await requester.request(octets("one"), PATIENCE);
    await responder[Symbol.asyncDispose]();
    // It may take a moment until its end is known.
    const patience = { timeoutMs: 100 };
    for (let code = ""; code !== "NO_RESPONDER";) {
      code = await requester.request(octets("two"), patience).catch((error) => error.code);
      assert.match(code, /^(SEND_TIMEOUT|NO_RESPONDER)$/);
    }
  });

  it("leaves a late answer alone", async (bus) => {
    const requests = requestsOf(bus);
    let release: (() => void) | undefined;
    await using responder = await requests.openResponder((request) => {
      const answer = echo(request);
      if (text(answer) !== "echo of late") return answer;
      return new Promise((resolve) => release = () => resolve(answer));
    });
    await using requester = await requests.openRequester(responder.address);
    const late = requester.request(octets("late"), { timeoutMs: 200 });
    await assert.rejects(late, { code: "SEND_TIMEOUT" });
    release?.();
    assert.equal(text(await requester.request(octets("next"), PATIENCE)), "echo of next");
  });
}

function registerEnds(it: RegisterTest): void {
  it("refuses a request over the limit, and drops an answer over it", async (bus) => {
    const requests = requestsOf(bus);
    const over = new Uint8Array(requests.maxBytes + 1);
    await using responder = await requests.openResponder((request) =>
      request.length === 0 ? over : octets("answer")
    );
    await using requester = await requests.openRequester(responder.address);
    await assert.rejects(requester.request(over, PATIENCE), tooLarge);
    const asking = requester.request(octets(""), { timeoutMs: 100 });
    await assert.rejects(asking, { code: "SEND_TIMEOUT" });
    assert.equal(text(await requester.request(octets("1"), PATIENCE)), "answer");
  });

  it("ends a request, when its signal aborts", async (bus) => {
    const requests = requestsOf(bus);
    await using responder = await requests.openResponder(() => undefined);
    await using requester = await requests.openRequester(responder.address);
    const abort = new AbortController();
    const asking = requester.request(octets("1"), { signal: abort.signal });
    abort.abort(new Error("changed my mind"));
    await assert.rejects(asking, abort.signal.reason);
    const late = requester.request(octets("1"), { signal: abort.signal });
    await assert.rejects(late, abort.signal.reason);
  });

  it("rejects what is under way, when the requester is closed", async (bus) => {
    const requests = requestsOf(bus);
    await using responder = await requests.openResponder(() => undefined);
    const requester = await requests.openRequester(responder.address);
    const asking = [1, 2, 3].map(() => requester.request(octets("1"), PATIENCE));
    const rejected = Promise.all(asking.map((each) => assert.rejects(each, closed)));
    await requester[Symbol.asyncDispose]();
    await rejected;
    await requester[Symbol.asyncDispose]();
    await assert.rejects(requester.request(octets("1"), PATIENCE), closed);
  });

  it("closes a responder twice, and while it answers", async (bus) => {
    const requests = requestsOf(bus);
    let release: (() => void) | undefined;
    const responder = await requests.openResponder(() =>
      new Promise((resolve) => release = () => resolve(octets("too late")))
    );
    await using requester = await requests.openRequester(responder.address);
    const asking = requester.request(octets("1"), { timeoutMs: 300 });
    while (release === undefined) await new Promise((resolve) => setTimeout(resolve, 2));
    await Promise.all([responder[Symbol.asyncDispose](), responder[Symbol.asyncDispose]()]);
    release();
    await responder[Symbol.asyncDispose]();
    await asking.catch(() => {});
  });

  it("refuses to ask at what is no address", async (bus) => {
    for (const address of ["nonsense", "tcp://127.0.0.1:0", "tcp://127.0.0.1:65536"]) {
      await assert.rejects(requestsOf(bus).openRequester(address), { code: "ADDRESS_INVALID" });
    }
  });

  it("bounds the requests under way", async (bus) => {
    const requests = requestsOf(bus);
    await using responder = await requests.openResponder(() => undefined);
    const requester = await requests.openRequester(responder.address);
    const asking = Array.from(
      { length: MOST_REQUESTS_UNDER_WAY + 3 },
      () => requester.request(octets("1"), PATIENCE).catch((error) => error.code),
    );
    await assert.rejects(requester.request(octets("1"), PATIENCE), { code: "SEND_TIMEOUT" });
    await requester[Symbol.asyncDispose]();
    const codes = await Promise.all(asking);
    assert.equal(codes.filter((code) => code === "CLOSED").length, MOST_REQUESTS_UNDER_WAY);
    assert.equal(codes.filter((code) => code === "SEND_TIMEOUT").length, 3);
  });
}

import assert from "node:assert/strict";
import { AcceptanceFixture } from "../../support/acceptance_fixture.ts";

const MUTE = /does not tell what it accepts/;
const SLOW = /does not answer what it accepts/;
const BACK = /tells what it accepts/;

function warnings(it: AcceptanceFixture, expected: readonly RegExp[]): void {
  const lines = it.log.messages("warn");
  assert.equal(lines.length, expected.length, lines.join("\n"));
  expected.forEach((pattern, index) => assert.match(lines[index] ?? "", pattern));
}

Deno.test("LocalPublisher.send takes a slow service for no original's, however long it is silent", async () => {
  const it = new AcceptanceFixture(true);
  await using publisher = it.publisher;
  it.isSilent = true;
  await it.serve();
  const { states } = it.send(2);
  await it.clock.advance(4_900);
  assert.deepEqual(states, ["…", "…"]);
  await it.clock.advance(1_100);
  assert.deepEqual(states, ["SEND_TIMEOUT", "SEND_TIMEOUT"]);
  const closing = publisher.close({ timeoutMs: 2_000 });
  await it.clock.advance(2_000);
  const { acceptance } = await closing;
  const { accepted, uncertain, isAcknowledged } = acceptance ?? {};
  assert.deepEqual([accepted, uncertain, isAcknowledged], [0, 2, true]);
  warnings(it, [SLOW]);
});

Deno.test("LocalPublisher.send resolves, when a slow service answers in time after all", async () => {
  const it = new AcceptanceFixture(true);
  await using publisher = it.publisher;
  it.isSilent = true;
  await it.serve();
  const { states } = it.send(2);
  await it.clock.settle();
  await it.handle(2);
  await it.clock.advance(2_000);
  assert.deepEqual(states, ["…", "…"]);
  it.isSilent = false;
  await it.clock.advance(1_500);
  assert.deepEqual(states, ["ok", "ok"]);
  const { acceptance } = await publisher.close();
  assert.deepEqual([acceptance?.accepted, acceptance?.uncertain], [2, 0]);
  warnings(it, [SLOW, BACK]);
});

Deno.test("LocalPublisher asks now and then whether there is somebody to ask by now, and believes it", async () => {
  const it = new AcceptanceFixture(true);
  await using publisher = it.publisher;
  await it.serve({ answers: false });
  const first = it.send(1);
  await it.clock.advance(1_000);
  assert.deepEqual(first.states, ["ok"], "not proven");
  await it.clock.advance(60_000);
  assert(it.requests.asked > 5 && it.requests.asked < 20, `asked ${it.requests.asked} times`);
  await it.answer();
  await it.clock.advance(6_000);
  const second = it.send(1);
  await it.clock.advance(1_000);
  assert.deepEqual(second.states, ["…"]);
  await it.handle(2);
  assert.deepEqual(second.states, ["ok"]);
  const { acceptance } = await publisher.close();
  assert.deepEqual([acceptance?.accepted, acceptance?.isAcknowledged], [2, true]);
  warnings(it, [MUTE, BACK]);
});

Deno.test("LocalPublisher says once that a service does not tell, however often it comes back", async () => {
  const it = new AcceptanceFixture(true);
  await using publisher = it.publisher;
  for (let round = 0; round < 3; round++) {
    await it.serve({ answers: false });
    it.send(1);
    await it.clock.advance(1_000);
    await it.kill();
  }
  warnings(it, [MUTE]);
  await publisher[Symbol.asyncDispose]();
  await it.clock.settle();
  assert.equal(it.clock.sleepers, 0);
});

Deno.test("LocalPublisher says nothing of a service that left before it was known whether it tells", async () => {
  const it = new AcceptanceFixture(true);
  await using _publisher = it.publisher;
  await it.serve({ answers: false });
  it.send(1);
  await it.clock.advance(500);
  await it.kill();
  await it.clock.advance(2_000);
  warnings(it, []);
});

Deno.test("LocalPublisher.send proves nothing by a failure of its own to ask, and asks again", async () => {
  const it = new AcceptanceFixture(true);
  await using _publisher = it.publisher;
  let failures = 3;
  const open = it.requests.openRequester.bind(it.requests);
  it.requests.openRequester = () =>
    failures-- > 0 ? Promise.reject(new Error("Too many open files")) : open();
  await it.serve();
  const { states } = it.send(1);
  await it.clock.settle();
  assert.deepEqual(states, ["…"]);
  await it.handle(1);
  await it.clock.advance(1_500);
  assert.deepEqual(states, ["ok"]);
});

Deno.test("LocalPublisher.send proves nothing by an answer that is none", async () => {
  const it = new AcceptanceFixture(true);
  await using _publisher = it.publisher;
  await using _responder = await it.requests.openResponder(() => Uint8Array.of(1, 2, 3));
  await it.serve({ answers: false });
  const { states } = it.send(1);
  await it.clock.advance(6_000);
  assert.deepEqual(states, ["SEND_TIMEOUT"]);
});

Deno.test("LocalPublisher.send resolves, when it waited for room while a service began to answer", async () => {
  const it = new AcceptanceFixture(true);
  await using publisher = it.publisher;
  await it.serve({ answers: false });
  const first = it.send(1);
  await it.clock.advance(1_500);
  const room = Promise.withResolvers<void>();
  Object.assign(it.pipe, { isFull: true, room: room.promise });
  const waiting = it.send(1);
  await it.answer();
  await it.clock.advance(10_000);
  room.resolve();
  await it.clock.settle();
  await it.handle(2);
  assert.deepEqual([first.states, waiting.states], [["ok"], ["ok"]]);
  const { acceptance } = await publisher.close();
  assert.deepEqual([acceptance?.accepted, acceptance?.uncertain], [2, 0]);
});

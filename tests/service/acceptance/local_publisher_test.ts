import assert from "node:assert/strict";
import { AcceptanceFixture } from "../../support/acceptance_fixture.ts";

const LOST = "TRANSPORT_FAILED";
const CERTAIN = { refused: 0, uncertain: 0, isAcknowledged: true, isInterrupted: false };

Deno.test("LocalPublisher.send resolves when the service has accepted the event", async () => {
  const it = new AcceptanceFixture(true);
  await using publisher = it.publisher;
  await it.serve();
  const sent = it.send(3);
  await it.clock.settle();
  assert.deepEqual(sent.states, ["…", "…", "…"]);
  await it.handle(2);
  assert.deepEqual(sent.states, ["ok", "ok", "…"], "the last is on its way");
  await it.handle(1);
  assert.deepEqual(sent.states, ["ok", "ok", "ok"]);
  const { acceptance } = await publisher.close();
  assert.deepEqual(acceptance, { sent: 3, accepted: 3, ...CERTAIN });
});

Deno.test("LocalPublisher.send resolves, when the first answer already speaks of the event", async () => {
  const it = new AcceptanceFixture(true);
  await using _publisher = it.publisher;
  const { states } = it.send(1);
  const serving = it.serve();
  await Promise.all([serving, it.handle(1)]);
  assert.deepEqual([states, it.requests.asked], [["ok"], 1]);
});

Deno.test("LocalPublisher shares one question among the calls of a moment", async () => {
  const it = new AcceptanceFixture(true);
  await using _publisher = it.publisher;
  await it.serve();
  const sent = it.send(1_000);
  await it.clock.settle();
  await it.handle(1_000);
  assert.deepEqual(new Set(sent.states), new Set(["ok"]));
  assert.equal(it.requests.asked, 2, "whether it answers, and what it has accepted");
});

Deno.test("LocalPublisher.send rejects when the service refused the event", async () => {
  const it = new AcceptanceFixture(true);
  await using publisher = it.publisher;
  await it.serve();
  const first = it.send(1);
  await it.clock.settle();
  await it.handle(1, false);
  assert.deepEqual(first.states, [LOST]);
  const second = it.send(1);
  await it.clock.settle();
  await it.handle(1);
  assert.deepEqual(second.states, ["ok"]);
  const { acceptance } = await publisher.close();
  assert.deepEqual(acceptance, { ...CERTAIN, sent: 2, accepted: 1, refused: 1 });
});

Deno.test("LocalPublisher.send rejects when it was not accepted in time", async () => {
  const it = new AcceptanceFixture(true);
  await using publisher = it.publisher;
  await it.serve();
  const sent = it.send(1);
  await it.clock.advance(4_900);
  assert.deepEqual(sent.states, ["…"]);
  await it.clock.advance(200);
  assert.deepEqual(sent.states, ["SEND_TIMEOUT"]);
  await it.handle(1);
  const { acceptance } = await publisher.close();
  assert.deepEqual(acceptance, { sent: 1, accepted: 1, ...CERTAIN }, "it came later");
});

Deno.test("LocalPublisher.send rejects, when the connection is lost before", async () => {
  const it = new AcceptanceFixture(true);
  await using publisher = it.publisher;
  await it.serve();
  const before = it.send(3);
  await it.clock.settle();
  await it.handle(1);
  await it.kill();
  assert.deepEqual(before.states, ["ok", "…", "…"]);
  await it.clock.advance(1_000);
  assert.deepEqual(before.states, ["ok", LOST, LOST]);
  await it.serve();
  const after = it.send(2);
  await it.clock.settle();
  await it.handle(2);
  assert.deepEqual(after.states, ["ok", "ok"]);
  const closing = publisher.close();
  await it.clock.advance(5_000);
  const { acceptance } = await closing;
  const { accepted, uncertain } = acceptance ?? {};
  assert.deepEqual([accepted, uncertain], [3, 2]);
});

Deno.test("LocalPublisher.send rejects, when the service died before it had answered anything", async () => {
  const it = new AcceptanceFixture(true);
  await using _publisher = it.publisher;
  await it.serve({ answers: false });
  const sends = it.send(2);
  await it.clock.settle();
  await it.clock.advance(300);
  await it.kill();
  await it.clock.advance(3_000);
  assert.deepEqual(sends.states, [LOST, LOST]);
});

Deno.test("LocalPublisher.send resolves, when a service that ends says so with its last word", async () => {
  const it = new AcceptanceFixture(true);
  await using _publisher = it.publisher;
  await it.serve();
  const { states } = it.send(3);
  await it.clock.settle();
  it.pipe.health.publish({ kind: "disconnected", address: "local:", reason: "it drains" });
  await it.clock.settle();
  await it.handle(1);
  assert.deepEqual(states, ["ok", "…", "…"]);
  await it.handle(1);
  await it.kill({ keepsPipe: true });
  await it.clock.advance(1_000);
  assert.deepEqual(states, ["ok", "ok", LOST]);
});

Deno.test("LocalPublisher does not take old events for new ones, when they reach the next service", async () => {
  const it = new AcceptanceFixture(true);
  await using publisher = it.publisher;
  await it.serve();
  const before = it.send(2);
  await it.clock.settle();
  await it.kill({ keepsPipe: true });
  await it.clock.advance(1_000);
  assert.deepEqual(before.states, [LOST, LOST]);
  await it.serve();
  const after = it.send(2);
  await it.clock.settle();
  await it.handle(2);
  await it.clock.advance(1_000);
  assert.deepEqual(after.states, ["…", "…"]);
  await it.handle(2);
  assert.deepEqual(after.states, ["ok", "ok"]);
  const { acceptance } = await publisher.close();
  assert.deepEqual(acceptance, { ...CERTAIN, sent: 4, accepted: 4, isInterrupted: true });
});

Deno.test("LocalPublisher.send resolves as it did, when the service does not answer", async () => {
  const it = new AcceptanceFixture(true);
  await using publisher = it.publisher;
  await it.serve({ answers: false });
  const first = it.send(1);
  await it.clock.advance(999);
  assert.deepEqual(first.states, ["…"]);
  await it.clock.advance(1);
  assert.deepEqual(first.states, ["ok"]);
  const later = it.send(1);
  await it.clock.settle();
  assert.deepEqual([later.states, it.requests.asked], [["ok"], 1]);
  const { flushed, acceptance } = await publisher.close();
  assert.equal(flushed, true);
  const { uncertain, isAcknowledged } = acceptance ?? {};
  assert.deepEqual([uncertain, isAcknowledged], [2, false]);
});

Deno.test("LocalPublisher asks again, when another service comes in the place of a silent one", async () => {
  const it = new AcceptanceFixture(true);
  await using _publisher = it.publisher;
  await it.serve({ answers: false });
  await it.clock.advance(1_000);
  await it.kill();
  await it.serve();
  const sent = it.send(1);
  await it.clock.settle();
  assert.deepEqual(sent.states, ["…"]);
  await it.handle(1);
  assert.deepEqual(sent.states, ["ok"]);
});

Deno.test("LocalPublisher.send ends with the reason of its signal", async () => {
  const it = new AcceptanceFixture(true);
  await using publisher = it.publisher;
  await it.serve();
  const abort = new AbortController();
  const sending = publisher.send("D", new Uint8Array([0x80]), { signal: abort.signal });
  await it.clock.settle();
  abort.abort(new Error("enough"));
  await assert.rejects(sending, /enough/);
  await it.handle(1);
});

import assert from "node:assert/strict";
import { AcceptanceFixture } from "../../support/acceptance_fixture.ts";

const CERTAIN = { refused: 0, uncertain: 0, isAcknowledged: true, isInterrupted: false };
const LOST = "TRANSPORT_FAILED";

/** A publisher that has sent some and was idle for so long that the service knows it no more. */
async function forgotten(sent: number): Promise<AcceptanceFixture> {
  const it = new AcceptanceFixture(true);
  await it.serve();
  const { states } = it.send(sent);
  await it.clock.settle();
  await it.handle(sent);
  assert(states.every((state) => state === "ok"), states.join());
  it.beForgotten();
  return it;
}

Deno.test("LocalPublisher.send resolves, when the service had forgotten the publisher while it was idle", async () => {
  const it = await forgotten(10);
  await using publisher = it.publisher;
  const next = it.send(1);
  await it.clock.settle();
  await it.handle(1);
  await it.clock.advance(1_500);
  assert.deepEqual(next.states, ["ok"]);
  const later = it.send(2);
  await it.clock.settle();
  await it.handle(2);
  assert.deepEqual(later.states, ["ok", "ok"], "with no delay, under another id");
  const { acceptance } = await publisher.close();
  assert.deepEqual(acceptance, { ...CERTAIN, sent: 13, accepted: 13 });
});

Deno.test("LocalPublisher.send resolves, when the service counts more anew than it had counted", async () => {
  const it = await forgotten(1);
  await using publisher = it.publisher;
  const next = it.send(3);
  await it.clock.settle();
  await it.handle(3);
  await it.clock.advance(1_500);
  assert.deepEqual(next.states, ["ok", "ok", "ok"]);
  const { acceptance } = await publisher.close();
  assert.deepEqual(acceptance, { ...CERTAIN, sent: 4, accepted: 4 });
});

Deno.test("LocalPublisher.send resolves no sooner than all are accepted, when the publisher was forgotten", async () => {
  const it = await forgotten(5);
  await using _publisher = it.publisher;
  const next = it.send(3);
  await it.clock.settle();
  await it.handle(2);
  await it.clock.advance(1_100);
  assert.deepEqual(next.states, ["…", "…", "…"], "two of them, but which");
  await it.handle(1);
  assert.deepEqual(next.states, ["ok", "ok", "ok"]);
});

Deno.test("LocalPublisher.send rejects, when the service forgot what it had accepted and not told", async () => {
  const it = await forgotten(5);
  await using publisher = it.publisher;
  const next = it.send(3);
  await it.clock.settle();
  await it.handle(2);
  it.beForgotten();
  await it.handle(1);
  await it.clock.advance(3_000);
  assert.deepEqual(next.states, [LOST, LOST, LOST]);
  const closing = publisher.close();
  await it.clock.advance(6_000);
  const { acceptance } = await closing;
  assert.deepEqual([acceptance?.accepted, acceptance?.uncertain], [6, 2]);
});

Deno.test("LocalPublisher.send rejects, when the service refused one after it forgot the publisher", async () => {
  const it = await forgotten(5);
  await using publisher = it.publisher;
  const next = it.send(2);
  await it.clock.settle();
  await it.handle(1, false);
  await it.clock.advance(1_100);
  assert.deepEqual(next.states, ["…", "…"]);
  await it.handle(1);
  assert.deepEqual(next.states, [LOST, LOST]);
  const { acceptance } = await publisher.close();
  assert.deepEqual([acceptance?.accepted, acceptance?.refused], [6, 1]);
});

Deno.test("LocalPublisher.send resolves, when it waited for room while the publisher got another id", async () => {
  const it = await forgotten(1);
  await using publisher = it.publisher;
  const next = it.send(1);
  await it.clock.settle();
  const room = Promise.withResolvers<void>();
  Object.assign(it.pipe, { isFull: true, room: room.promise });
  const waiting = it.send(1);
  await it.handle(1);
  await it.clock.advance(1_500);
  assert.deepEqual([next.states, waiting.states], [["ok"], ["…"]]);
  room.resolve();
  await it.clock.settle();
  await it.handle(1);
  await it.clock.advance(1_500);
  assert.deepEqual(waiting.states, ["ok"]);
  const { acceptance } = await publisher.close();
  assert.deepEqual(acceptance, { ...CERTAIN, sent: 3, accepted: 3 });
});

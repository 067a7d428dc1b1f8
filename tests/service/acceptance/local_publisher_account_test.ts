import assert from "node:assert/strict";
import type { PubSubDriver } from "../../../drivers/contract/pubsub.ts";
import { openLocalPublisher } from "../../../service/acceptance/local_publisher.ts";
import { AcceptanceFixture, FakePipe } from "../../support/acceptance_fixture.ts";

const CERTAIN = { refused: 0, uncertain: 0, isAcknowledged: true, isInterrupted: false };

Deno.test("LocalPublisher that does not wait asks now and then, and adds up over restarts", async () => {
  const it = new AcceptanceFixture(false);
  await using publisher = it.publisher;
  await it.serve();
  assert.deepEqual(new Set(await settled(it, 10)), new Set(["ok"]));
  await it.handle(7);
  await it.clock.advance(1_200);
  await it.kill();
  await it.serve();
  await settled(it, 5);
  await it.handle(4);
  await it.handle(1, false);
  const closing = publisher.close({ timeoutMs: 3_000 });
  await it.clock.advance(3_000);
  assert.deepEqual((await closing).acceptance, {
    sent: 15,
    accepted: 11,
    refused: 1,
    uncertain: 3,
    isAcknowledged: true,
    isInterrupted: true,
  });
});

async function settled(it: AcceptanceFixture, count: number): Promise<string[]> {
  const { states } = it.send(count);
  await it.clock.settle();
  return states;
}

Deno.test("LocalPublisher.close waits for what is accepted meanwhile, but no longer than told", async () => {
  const it = new AcceptanceFixture(false);
  await it.serve();
  await settled(it, 2);
  await it.handle(1);
  const closing = it.publisher.close({ timeoutMs: 10_000 });
  let isClosed = false;
  void closing.then(() => isClosed = true);
  await it.clock.advance(9_900);
  assert.equal(isClosed, false);
  await it.clock.advance(200);
  const { acceptance } = await closing;
  assert.deepEqual(acceptance, { ...CERTAIN, sent: 2, accepted: 1, uncertain: 1 });
  assert.equal(it.clock.sleepers, 0);
});

Deno.test("LocalPublisher leaves an event out of the account, when it has no room for a stamp", async () => {
  const it = new AcceptanceFixture(true);
  await using publisher = it.publisher;
  await it.serve();
  await it.sendLargest();
  assert.equal(it.pipe.waiting.length, 1);
  const { acceptance } = await publisher.close();
  assert.deepEqual([acceptance?.sent, it.requests.asked], [0, 1]);
});

Deno.test("LocalPublisher forgets no restart, however many there are", async () => {
  const it = new AcceptanceFixture(false);
  for (let round = 0; round < 20; round++) {
    await it.serve();
    await settled(it, 3);
    await it.handle(2);
    await it.clock.advance(1_200);
    await it.kill();
  }
  const closing = it.publisher.close();
  await it.clock.advance(6_000);
  const { acceptance } = await closing;
  const { sent, accepted, uncertain } = acceptance ?? {};
  assert.deepEqual([sent, accepted, uncertain], [60, 40, 20]);
});

Deno.test("openLocalPublisher gives the driver's own, when there is no way to ask", async () => {
  const { clock, log } = new AcceptanceFixture(true);
  const pipe = new FakePipe();
  const driver: PubSubDriver = {
    name: "mute",
    traits: {
      reach: "host",
      listensToAddresses: false,
      fanOut: "one",
      delivery: "waits",
      liveProof: "local",
      confirms: false,
      seesSubscriptions: false,
    },
    openPublisher: () => Promise.resolve(pipe),
    openSubscriber: () => Promise.reject(new Error("nobody subscribes")),
  };
  const bounds = { waitsForAcceptance: true, sendTimeoutMs: 1, maxEventBytes: 99 };
  assert.equal(await openLocalPublisher(driver, { ...bounds, clock, log }), pipe);
});

import assert from "node:assert/strict";
import type { HealthEvent, PublisherGreeting } from "../../../drivers/contract/health.ts";
import { GreetingPublisher } from "../../support/greeting_publisher.ts";
import { startPythonPeer } from "../../support/python_peer.ts";
import type { Bus } from "../../contract/pubsub_bus.ts";
import { test } from "../../support/zmq_test.ts";
import deno from "../../../deno.json" with { type: "json" };

/** The greeting that a subscriber receives when it connects. */
async function greetingOf(bus: Bus, address: string): Promise<PublisherGreeting | undefined> {
  const subscriber = await bus.subscriber();
  const connected = firstConnected(subscriber.health);
  subscriber.registerListenAddress(address);
  return (await connected).greeting;
}

async function firstConnected(health: AsyncIterable<HealthEvent>) {
  for await (const event of health) if (event.kind === "connected") return event;
  throw new Error("the subscriber was closed");
}

test("sends its version, its clock and its publisher_timeout to a subscriber", async (bus) => {
  const publisher = await bus.publisher();
  const greeting = await greetingOf(bus, publisher.address.replace("0.0.0.0", "127.0.0.1"));
  assert.equal(greeting?.version, deno.version);
  assert.equal(greeting?.processId, Deno.pid);
  assert.equal(greeting?.timeoutMs, 300_000);
  assert(Math.abs(greeting?.clockAheadMs ?? Infinity) < 5_000, `${greeting?.clockAheadMs}`);
});

test("accepts a publisher, when its time and timeout are missing or invalid", async (bus) => {
  for (const session of [{}, { sentAt: NaN, timeoutMs: -1 }, { sentAt: 0, timeoutMs: 1e300 }]) {
    await using publisher = new GreetingPublisher(() => session);
    const greeting = await greetingOf(bus, publisher.uri);
    assert.equal(greeting?.version, "0.0.0");
    assert.deepEqual([greeting?.clockAheadMs, greeting?.timeoutMs], [undefined, undefined]);
  }
});

test("has no greeting, when a publisher has no session", async (bus) => {
  const spec = { type: "PUB", role: "bind", address: "tcp://127.0.0.1:*" } as const;
  await using publisher = await startPythonPeer(spec);
  assert.equal(await greetingOf(bus, publisher.address), undefined);
});

import assert from "node:assert/strict";
import type { HealthEvent, PublisherGreeting } from "../../../drivers/contract/health.ts";
import { greeting, SIGNATURE_BYTES } from "../../../drivers/_internal/zmtp/wire.ts";
import { eventually } from "../../support/eventually.ts";
import { GreetingPublisher } from "../../support/zmq/greeting_publisher.ts";
import { withoutLeaks } from "../../support/handles.ts";
import { HealthReader } from "../../support/health_reader.ts";
import { startPythonPeer } from "../../support/python_peer.ts";
import { RecordingLogger } from "../../support/fakes/recording_logger.ts";
import { zmqDriver } from "../../support/zmq/zmq_drivers.ts";
import type { Bus } from "../../contract/pubsub_bus.ts";
import { portOf, test } from "../../support/zmq/zmq_test.ts";
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

const REFUSED =
  "it ended the connection during the greeting, as libzmq does when its security mechanism is not NULL";
const PLAIN = { PLAIN_SERVER: 1 };

test("says why there is no connection, when a publisher of libzmq wants a mechanism", async (bus) => {
  const spec = { type: "PUB", role: "bind", address: "tcp://127.0.0.1:*", options: PLAIN } as const;
  await using publisher = await startPythonPeer(spec);
  const subscriber = await bus.subscriber();
  const health = new HealthReader(subscriber.health);
  subscriber.registerListenAddress(publisher.address);
  await health.has("disconnected");
  const { address } = publisher;
  assert.deepEqual(health.events, [{ kind: "disconnected", address, reason: REFUSED }]);
});

Deno.test("zmq warns of a subscriber, when it ends the connection after the signature", () =>
  withoutLeaks(async () => {
    const log = new RecordingLogger();
    await using publisher = await zmqDriver({}, log).openPublisher();
    const port = Number(portOf(publisher.address));
    // libzmq compares the mechanisms before it sends its own.
    const peer = await Deno.connect({ hostname: "127.0.0.1", port });
    await peer.write(greeting().subarray(0, SIGNATURE_BYTES));
    peer.close();
    const [warning] = await eventually(() => log.messages("warn"), ({ length }) => length > 0);
    assert.match(warning ?? "", /^Subscriber 127\.0\.0\.1:\d+ is disconnected: /);
    assert(warning?.endsWith(REFUSED));
  }));

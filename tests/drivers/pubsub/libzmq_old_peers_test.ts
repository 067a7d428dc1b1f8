import assert from "node:assert/strict";
import { Bus } from "../../contract/pubsub_bus.ts";
import { bytesOf, FrameReader } from "../../support/frame_reader.ts";
import { withoutLeaks } from "../../support/handles.ts";
import { HealthReader } from "../../support/health_reader.ts";
import { libzmqDriver, libzmqMultiprocDriver } from "../../support/zmq/libzmq_drivers.ts";
import { tempDir } from "../../support/temp_dir.ts";

/** The greeting of a peer with ZMTP 1: it has no identity. */
const GREETING = Uint8Array.fromHex("0100");
/** The topic "D" and the payload "1" in ZMTP 1. */
const MESSAGE = Uint8Array.fromHex("020144" + "020031");
const TIMEOUT = { timeoutMs: 20_000 };

const LOCAL = { hostname: "127.0.0.1", port: 0 };

Deno.test("libzmq is live at a publisher with ZMTP 1, and not at a peer that sends nothing", () =>
  withoutLeaks(async () => {
    using listener = Deno.listen(LOCAL);
    using silentListener = Deno.listen(LOCAL);
    const addresses = [listener, silentListener].map(({ addr }) => `tcp://127.0.0.1:${addr.port}`);
    const [old = "", silent = ""] = addresses;
    await using bus = new Bus(libzmqDriver());
    const subscriber = await bus.subscriber();
    const health = new HealthReader(subscriber.health);
    const reader = new FrameReader(subscriber);
    subscriber.registerTopic("D");
    for (const address of addresses) subscriber.registerListenAddress(address);
    using publisher = await listener.accept();
    await publisher.write(GREETING);
    await subscriber.ready({ addresses: [old], ...TIMEOUT });
    await publisher.write(MESSAGE);
    await reader.has("D|1");
    await health.has("disconnected");
    const seen = health.events.map((event) =>
      "address" in event ? `${event.kind} ${event.address}` : event.kind
    );
    assert.deepEqual(seen.sort(), [
      `connected ${old}`,
      `disconnected ${silent}`,
      `live ${old}`,
    ]);
  }));

Deno.test("libzmq_multiproc publishes to a service with ZMTP 1", () =>
  withoutLeaks(async () => {
    await using directory = await tempDir();
    using listener = Deno.listen({ transport: "unix", path: directory.join("socket") });
    await using bus = new Bus(libzmqMultiprocDriver(directory.path));
    const publisher = await bus.publisher();
    using service = await listener.accept();
    await service.write(GREETING);
    await publisher.send("D", bytesOf("1"), TIMEOUT);
    let received = "";
    while (!received.endsWith(MESSAGE.toHex())) {
      const bytes = new Uint8Array(100);
      received += bytes.subarray(0, await service.read(bytes) ?? 0).toHex();
    }
  }));

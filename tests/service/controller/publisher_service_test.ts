import assert from "node:assert/strict";
import { DriverError } from "../../../drivers/contract/errors.ts";
import { HealthStream } from "../../../drivers/contract/health_stream.ts";
import type { OptionDef, Settings } from "../../../drivers/contract/option.ts";
import { createMemoryDriver } from "../../../drivers/pubsub/memory.ts";
import { encodeUpdate } from "../../../service/event/codec/encode.ts";
import { publisherRowOnStop } from "../../../service/config/options/publishers.ts";
import { dbUpdate } from "../../../service/event/db_update.ts";
import { PublisherService } from "../../../service/controller/publisher_service.ts";
import { eventually } from "../../support/eventually.ts";
import { bytesOf, FrameReader } from "../../support/frame_reader.ts";
import { withoutLeaks } from "../../support/handles.ts";
import { LocalDrivers } from "../../support/zmq/local_drivers.ts";
import { OWN_ID, serviceParts, startService } from "../../support/service_fixture.ts";
import { tempDir } from "../../support/temp_dir.ts";

const EVENT = encodeUpdate(dbUpdate({ table: "lport", key: "p", action: "set" }), "map");

function withCode(code: string): (error: unknown) => boolean {
  return (error) => error instanceof DriverError && error.code === code;
}

/** Options for a service on real sockets in a directory, on any free port by default. */
function zmqIn(directory: string, port = "0"): Readonly<Record<string, string>> {
  return {
    "df.pub_sub_driver": "zmq_pubsub_driver",
    "df.pub_sub_multiproc_driver": "zmq_pubsub_multiproc_driver",
    "df.publisher_bind_address": "127.0.0.1",
    "df.publisher_port": port,
    "df.publisher_multiproc_socket": `${directory}/socket`,
  };
}

Deno.test("PublisherService relays from its start on, before any call of ready", async () => {
  const parts = await serviceParts();
  await using _service = await startService(parts);
  await using subscriber = await parts.drivers.network.openSubscriber();
  subscriber.registerTopic("D");
  const frames = new FrameReader(subscriber);
  const publisher = await parts.drivers.local.openPublisher();
  for (const payload of [bytesOf("junk"), EVENT]) publisher.trySend("D", payload);
  await frames.count(1);
  assert.equal(frames.frames.length, 1);
  assert.match(parts.log.messages("warn").join(), /From a local publisher: /);
});

Deno.test("PublisherService logs events that were not confirmed as its own, when the network drops them", async () => {
  const parts = await serviceParts();
  const { network } = parts.drivers;
  const health = new HealthStream();
  const openPublisher = async () =>
    Object.defineProperty(
      await createMemoryDriver(parts.drivers.context).openPublisher(),
      "health",
      {
        value: health,
      },
    );
  await using _service = await startService({
    ...parts,
    drivers: Object.assign(new LocalDrivers(), { network: { ...network, openPublisher } }),
  });
  health.publish({ kind: "dropped", reason: "not-sent", total: 1 });
  const warnings = () => parts.log.messages("warn");
  await eventually(warnings, (texts) => texts.some((text) => text.includes("Dropped")));
  assert.equal(warnings().at(-1), "To the network: Dropped an event that was not confirmed");
});

Deno.test("PublisherService is in the publishers table when ready, and not before", async () => {
  const parts = await serviceParts({ "df.local_ip": "192.0.2.7" });
  await using service = await startService(parts);
  const db = await parts.drivers.direct();
  assert.deepEqual(await db.keys("publisher"), []);
  await Promise.all([service.ready(), service.ready()]);
  const [row] = await db.entries("publisher");
  assert.equal(row?.key, OWN_ID);
  assert.deepEqual(JSON.parse(row.value), {
    id: OWN_ID,
    uri: "tcp://192.0.2.7:8866",
    last_activity_timestamp: parts.clock.now() / 1000,
  });
  assert.equal(service.registration.state.registered, true);
});

Deno.test("PublisherService refreshes its row, when events are relayed", async () => {
  const parts = await serviceParts();
  await using service = await startService(parts);
  await service.ready();
  parts.clock.setWall(parts.clock.now() + 5_000);
  const publisher = await parts.drivers.local.openPublisher();
  publisher.trySend("D", EVENT);
  await parts.clock.settle();
  const row = await (await parts.drivers.direct()).get("publisher", OWN_ID);
  assert.equal(JSON.parse(row).last_activity_timestamp, parts.clock.now() / 1000);
});

Deno.test("PublisherService opens no local end, when processes publish to a broker", async () => {
  const parts = await serviceParts({
    "df.pub_sub_use_multiproc": "false",
    "df.pub_sub_multiproc_driver": "nonsense",
  });
  await using service = await startService(parts);
  assert.equal(service.localAddress, undefined);
  const expected = { isClean: true, relayed: 0, converted: 0, refused: 0 };
  assert.deepEqual(await service.stop(), expected);
});

Deno.test("PublisherService reports the actual addresses, when it is bound to any free port", async () => {
  await using directory = await tempDir();
  const parts = await serviceParts(zmqIn(directory.path));
  await using service = await startService(parts);
  const port = /^tcp:\/\/127\.0\.0\.1:(\d+)$/.exec(service.networkAddress)?.[1];
  assert(port !== undefined && port !== "0", service.networkAddress);
  assert.equal(service.localAddress, `ipc://${directory.join("socket")}`);
  await service.ready();
  const row = JSON.parse(await (await parts.drivers.direct()).get("publisher", OWN_ID));
  assert.equal(row.uri, service.networkAddress);
});

Deno.test("PublisherService leaves nothing open, when the database cannot be opened", async () => {
  await using directory = await tempDir();
  const first = await startService(await serviceParts(zmqIn(directory.path)));
  const port = first.networkAddress.split(":").at(-1);
  await first.stop();
  const parts = await serviceParts(zmqIn(directory.path, port));
  await withoutLeaks(async () => {
    parts.drivers.isDbClosed = true;
    await assert.rejects(startService(parts), withCode("DB_UNAVAILABLE"));
    parts.drivers.isDbClosed = false;
    const second = await startService(parts);
    assert.equal(second.networkAddress, `tcp://127.0.0.1:${port}`);
    await second.stop();
  });
});

Deno.test("PublisherService leaves nothing open, when the local address is in use", async () => {
  await using directory = await tempDir();
  await using _first = await startService(await serviceParts(zmqIn(directory.path)));
  const parts = await serviceParts(zmqIn(directory.path));
  await withoutLeaks(async () => {
    await assert.rejects(startService(parts), withCode("ADDRESS_IN_USE"));
  });
  const [client] = parts.drivers.clients;
  await assert.rejects(client?.keys("publisher") ?? Promise.resolve(), withCode("CLOSED"));
});

Deno.test("PublisherService leaves nothing open, when the configuration is incomplete", async () => {
  await using directory = await tempDir();
  const parts = await serviceParts(zmqIn(directory.path));
  const settings: Settings = {
    get<T>(option: OptionDef<T>): T {
      if (option.name === publisherRowOnStop.name) throw new TypeError("not in the table");
      return parts.settings.get(option);
    },
  };
  await withoutLeaks(async () => {
    await assert.rejects(PublisherService.open({ ...parts, settings }), TypeError);
  });
  await assert.rejects(
    parts.drivers.clients[0]?.keys("t") ?? Promise.resolve(),
    withCode("CLOSED"),
  );
});

Deno.test("PublisherService opens nothing, when a driver is unknown", async () => {
  const parts = await serviceParts({ "df.pub_sub_multiproc_driver": "nonsense" });
  await assert.rejects(startService(parts), (error) => {
    assert(error instanceof DriverError && error.code === "DRIVER_UNKNOWN");
    assert.match(error.message, /"nonsense".*zmq_pubsub_multiproc_driver/);
    return true;
  });
  assert.deepEqual(parts.log.lines, []);
});

Deno.test("PublisherService relays at once and is ready later, when the database is down at first", async () => {
  const parts = await serviceParts();
  await using service = await startService(parts);
  parts.drivers.setDown(true);
  let isReady = false;
  const ready = service.ready().then(() => isReady = true);
  await parts.clock.advance(600_000);
  assert.equal(isReady, false);
  const registration = () =>
    parts.log.messages("warn").filter((line) => line.startsWith("Registration"));
  assert.equal(registration().length, 1);
  parts.drivers.setDown(false);
  await parts.clock.advance(30_000);
  await ready;
  assert.equal(registration().length, 1);
  assert.deepEqual(await (await parts.drivers.direct()).keys("publisher"), [OWN_ID]);
});

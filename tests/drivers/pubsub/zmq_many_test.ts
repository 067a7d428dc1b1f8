import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import { withoutLeaks } from "../../support/handles.ts";
import { Bus } from "../../contract/pubsub_bus.ts";
import { bytesOf } from "../../support/frame_reader.ts";
import { zmqDriver } from "../../support/zmq/zmq_drivers.ts";

/** More than the runtime's threads for blocking work. */
const SUBSCRIBERS = 40;

Deno.test("zmq leaves the runtime's threads free, when a process has many subscribers", () =>
  withoutLeaks(async () => {
    await using bus = new Bus(zmqDriver());
    const publisher = await bus.publisher();
    const readings = await Promise.all(Array.from({ length: SUBSCRIBERS }, () => bus.reading("D")));
    await readFile(new URL(import.meta.url));
    await publisher.send("D", bytesOf("1"));
    for (const { reader } of readings) await reader.has("D|1");
    assert.equal(readings.length, SUBSCRIBERS);
  }));

import assert from "node:assert/strict";
import { DriverError } from "../../../drivers/contract/errors.ts";
import type {
  PublisherOpenOptions,
  PubSubDriver,
  PubSubTraits,
} from "../../../drivers/contract/pubsub.ts";
import { decodeUpdate } from "../../../service/event/codec/decode.ts";
import { encodeUpdate } from "../../../service/event/codec/encode.ts";
import { nativeSync } from "../../../service/event/codec/native_sync.ts";
import { payloadFormat } from "../../../service/event/codec/payload_format.ts";
import { dbUpdate, SEND_ALL_TOPIC } from "../../../service/event/db_update.ts";
import { openPositioned } from "../../../service/publish/open_positioned.ts";
import { effectiveSettings } from "../../support/effective_settings.ts";
import { FakeClock } from "../../support/fakes/fake_clock.ts";
import { FakeFrames } from "../../support/fakes/fake_frames.ts";

const ID = "58edf3d5-b797-52ba-b70b-5647a5c19a27";
const EVENT = encodeUpdate(dbUpdate({ table: null, key: null, action: "sync" }), "map");

async function setUp(
  traits: Partial<PubSubTraits> = {},
  overrides: Readonly<Record<string, string>> = {},
) {
  const frames = new FakeFrames();
  const opened: PublisherOpenOptions[] = [];
  const driver: PubSubDriver = {
    name: "fake",
    traits: {
      reach: "network",
      listensToAddresses: true,
      fanOut: "all",
      delivery: "keeps",
      begins: [],
      liveProof: "confirmed",
      confirms: false,
      ...traits,
    },
    openPublisher(options = {}) {
      opened.push(options);
      return Promise.resolve(frames);
    },
    openSubscriber: () => Promise.reject(new Error("nobody subscribes")),
  };
  const settings = await effectiveSettings(overrides);
  const base = { id: ID, settings, clock: new FakeClock() };
  return { frames, opened, driver, base };
}

for (const format of ["map", "json"] as const) {
  Deno.test(`openPositioned passes the sync of one subscriber to the driver, ${format}`, async () => {
    const { driver, base, opened } = await setUp({}, { "df.pub_sub_wire_format": format });
    await using _publisher = await openPositioned(driver, base);
    const payload = opened[0]?.resync?.("project-1") ?? new Uint8Array();
    assert.equal(payloadFormat(payload, 4096), format);
    assert.deepEqual(payload, encodeUpdate(nativeSync("project-1"), format));
    assert.equal(decodeUpdate(payload, "project-1").origin, undefined);
  });
}

Deno.test("openPositioned provides a sync for every topic to which a peer may subscribe", async () => {
  const { driver, base, opened } = await setUp();
  await using _publisher = await openPositioned(driver, base);
  for (const topic of ["", "x".repeat(300), "\uD800"]) {
    const payload = opened[0]?.resync?.(topic) ?? new Uint8Array();
    assert.deepEqual(payload, encodeUpdate(nativeSync(SEND_ALL_TOPIC), "map"), topic);
  }
});

Deno.test("openPositioned sends concurrently, when the driver confirms, and otherwise one at a time", async () => {
  for (const confirms of [true, false]) {
    const { driver, base, frames } = await setUp({ confirms });
    await using publisher = await openPositioned(driver, base);
    frames.hasRoom = false;
    const sends = [publisher.send("D", EVENT), publisher.send("D", EVENT)];
    frames.timeOut();
    if (!confirms) frames.makeRoom();
    const results = await Promise.allSettled(sends);
    const wanted = confirms ? ["rejected", "rejected"] : ["fulfilled", "fulfilled"];
    assert.deepEqual(results.map(({ status }) => status), wanted);
  }
});

Deno.test("openPositioned closes the driver's publisher together with its own, and rejects when the driver does", async () => {
  const { driver, base, frames } = await setUp();
  const publisher = await openPositioned(driver, base);
  assert.deepEqual(await publisher.close(), { flushed: true });
  assert.equal(frames.isClosed, true);
  const taken = new DriverError("ADDRESS_IN_USE", "The port is taken");
  const failing = { ...driver, openPublisher: () => Promise.reject(taken) };
  await assert.rejects(openPositioned(failing, base), taken);
});

import assert from "node:assert/strict";
import { DriverError } from "../../../drivers/contract/errors.ts";
import type { PubSubDriver, PubSubTraits } from "../../../drivers/contract/pubsub.ts";
import { encodeUpdate } from "../../../service/event/codec/encode.ts";
import { dbUpdate } from "../../../service/event/db_update.ts";
import { openPositioned } from "../../../service/publish/open_positioned.ts";
import { effectiveSettings } from "../../support/effective_settings.ts";
import { FakeClock } from "../../support/fake_clock.ts";
import { FakeFrames } from "../../support/fake_frames.ts";
import { RecordingLogger } from "../../support/recording_logger.ts";

const ID = "58edf3d5-b797-52ba-b70b-5647a5c19a27";
const EVENT = encodeUpdate(dbUpdate({ table: null, key: null, action: "sync" }), "map");

async function setUp(traits: Partial<PubSubTraits> = {}, isResponding = true) {
  const frames = new FakeFrames();
  const open: string[] = [];
  const openResponder = () => {
    if (!isResponding) throw new DriverError("ADDRESS_IN_USE", "The port is taken");
    open.push("responder");
    const address = "tcp://0.0.0.0:4711";
    return Promise.resolve({
      address,
      [Symbol.asyncDispose]: () => Promise.resolve(void open.pop()),
    });
  };
  const driver: PubSubDriver = {
    name: "fake",
    traits: {
      reach: "network",
      listensToAddresses: true,
      fanOut: "all",
      delivery: "drops-when-slow",
      liveProof: "echo",
      confirms: false,
      seesSubscriptions: false,
      ...traits,
    },
    openPublisher: () => Promise.resolve(frames),
    openSubscriber: () => Promise.reject(new Error("nobody subscribes")),
    requests: {
      maxBytes: 10_000,
      openResponder,
      openRequester: () => Promise.reject(new Error("nobody asks")),
    },
  };
  const clock = new FakeClock();
  const base = { id: ID, settings: await effectiveSettings(), clock, log: new RecordingLogger() };
  return { frames, open, driver, clock, base };
}

const advertised = () => "tcp://192.0.2.1:4711";

Deno.test("openPositioned keeps nothing and answers nobody, unless an address is given", async () => {
  const { driver, base, open } = await setUp();
  await using publisher = await openPositioned(driver, base);
  publisher.trySend("D", EVENT);
  assert.equal(publisher.firstKept("D"), 0);
  assert.deepEqual(open, []);
});

Deno.test("openPositioned closes answers, hello and frames together, and leaves no timer", async () => {
  const { driver, base, open, frames, clock } = await setUp();
  const publisher = await openPositioned(driver, { ...base, advertised });
  publisher.trySend("D", EVENT);
  assert.equal(publisher.firstKept("D"), 1);
  assert.deepEqual(open, ["responder"]);
  await publisher.close();
  assert.deepEqual([open, frames.isClosed, clock.sleepers], [[], true, 0]);
});

Deno.test("openPositioned says no hello and keeps nothing, when the broker keeps events", async () => {
  const { driver, base, open, clock, frames } = await setUp({ delivery: "keeps" });
  await using publisher = await openPositioned(driver, { ...base, advertised });
  publisher.trySend("D", EVENT);
  await clock.advance(10_000);
  assert.deepEqual([frames.sent.length, publisher.position("D")], [1, 1]);
  assert.deepEqual([open, publisher.firstKept("D")], [[], 0]);
});

Deno.test("openPositioned leaves nothing open, when there is no room for answers", async () => {
  const { driver, base, frames, clock } = await setUp({}, false);
  const opening = openPositioned(driver, { ...base, advertised });
  await assert.rejects(opening, { code: "ADDRESS_IN_USE" });
  assert.deepEqual([frames.isClosed, clock.sleepers], [true, 0]);
});

Deno.test("openPositioned has events watched on their way to the driver, and no hello", async () => {
  const { driver, base, clock, frames } = await setUp();
  const watched = new FakeFrames();
  await using publisher = await openPositioned(driver, { ...base, watch: () => watched });
  publisher.trySend("D", EVENT);
  await clock.advance(1000);
  assert.deepEqual(watched.sent.map(({ topic }) => topic), ["D"]);
  assert.deepEqual(frames.sent.map(({ topic }) => topic), ["\u0001D"]);
});

import assert from "node:assert/strict";
import type { Frame, PubSubDriver, PubSubTraits } from "../../drivers/contract/pubsub.ts";
import { bytesOf, shown } from "../support/frame_reader.ts";
import { withoutLeaks } from "../support/handles.ts";
import { tempDir } from "../support/temp_dir.ts";
import type { Overrides } from "../support/test_settings.ts";
import { Bus, numbered, put, sendNumbered } from "./pubsub_bus.ts";
import { registerClosing } from "./pubsub_contract_closing.ts";
import { registerHealth } from "./pubsub_contract_health.ts";
import { registerPast } from "./pubsub_contract_past.ts";
import { registerTopics } from "./pubsub_contract_topics.ts";
import { registerWaiting } from "./pubsub_contract_waiting.ts";

/** Creates the driver under test, with its own directory. Called anew for each test. */
export type CreateDriver = (overrides: Overrides, directory: string) => PubSubDriver;

/** Registers a test of one guarantee, on a new driver, which must leave nothing open. */
export type RegisterTest = (
  guarantee: string,
  test: (bus: Bus, traits: PubSubTraits) => Promise<void>,
  skip?: { readonly when: boolean; readonly reason: string },
) => void;

/** The maximum payload that the drivers under test are configured for. */
const MAX_EVENT_BYTES = 4096;

/** The options that the tests rely on. */
export const OVERRIDES: Overrides = { "df.pub_sub_max_event_bytes": String(MAX_EVENT_BYTES) };

/** Promises that a driver cannot keep as they are tested, each with the reason. */
export type Exceptions = Readonly<Record<string, string>>;

/** The contract suite: registers a test for every guarantee of {@linkcode PubSubDriver}. */
export function pubSubContract(
  name: string,
  create: CreateDriver,
  exceptions: Exceptions = {},
): void {
  const { traits } = create(OVERRIDES, "/nonexistent");
  registerPubSubContract({ name, traits, create, exceptions });
}

/** A driver under test. */
export interface DriverSubject {
  readonly name: string;
  readonly traits: PubSubTraits;
  /** As {@linkcode CreateDriver}. */
  readonly create: (
    overrides: Overrides,
    directory: string,
  ) => PubSubDriver | Promise<PubSubDriver>;
  readonly exceptions?: Exceptions | undefined;
}

/** The same for a driver that takes time to make. */
export function registerPubSubContract(
  { name, traits, create, exceptions = {} }: DriverSubject,
): void {
  /** Guarantees that the driver does not give, with the reasons. */
  const without: string[] = [];
  const unused = new Set(Object.keys(exceptions));
  const it: RegisterTest = (guarantee, test, skip) => {
    const reason = skip?.when ? skip.reason : exceptions[guarantee];
    if (reason !== undefined) {
      without.push(`${guarantee}: ${reason}`);
      if (!skip?.when) unused.delete(guarantee);
      return;
    }
    Deno.test(`${name} ${guarantee}`, async () => {
      await using directory = await tempDir();
      await withoutLeaks(async () => {
        await using bus = new Bus(await create(OVERRIDES, directory.path));
        await test(bus, traits);
      });
    });
  };
  registerFrames(it);
  registerTopics(it, traits);
  registerPeers(it, traits);
  registerPast(it, traits);
  registerWaiting(it, traits);
  registerHealth(it, traits);
  registerClosing(it, traits);
  Deno.test(`${name} has no exception that its traits or the contract make unnecessary`, () => {
    for (const guarantee of without) console.log(`${name} does not promise: ${guarantee}`);
    assert.deepEqual([...unused], []);
  });
}

function registerFrames(it: RegisterTest): void {
  it("delivers a frame with its topic and its bytes", async (bus) => {
    const publisher = await bus.publisher();
    const subscriber = await bus.subscriber();
    subscriber.registerTopic("D");
    const batches = subscriber.batches()[Symbol.asyncIterator]();
    const first = batches.next();
    await bus.follow(subscriber);
    const payload = Uint8Array.from({ length: 256 }, (_, byte) => byte);
    await put(publisher, "D", payload);
    const batch: readonly Frame[] = (await first).value ?? [];
    const frames = batch.map((frame) => ({ topic: frame.topic, payload: frame.payload }));
    assert.deepEqual(frames, [{ topic: "D", payload }]);
    await batches.return?.();
  });

  it("accepts an empty payload and one of the maximum size", async (bus) => {
    const publisher = await bus.publisher();
    const { reader } = await bus.reading("D");
    const greatest = "x".repeat(MAX_EVENT_BYTES);
    await publisher.send("D", bytesOf(""));
    await publisher.send("D", bytesOf(greatest));
    await reader.count(2);
    assert.deepEqual(reader.frames, ["D|", `D|${greatest}`]);
  });

  it("has sent or copied the payload, when trySend returns", async (bus) => {
    const publisher = await bus.publisher();
    const { reader } = await bus.reading("D");
    const payload = bytesOf("before");
    await publisher.send("D", bytesOf("first"));
    assert.equal(publisher.trySend("D", payload), true);
    payload.fill(0);
    await reader.count(2);
    assert.deepEqual(reader.frames, ["D|first", "D|before"]);
  });

  it("keeps a batch unchanged until the next is requested", async (bus) => {
    const publisher = await bus.publisher();
    const subscriber = await bus.subscriber();
    subscriber.registerTopic("D");
    const batches = subscriber.batches()[Symbol.asyncIterator]();
    const first = batches.next();
    await bus.follow(subscriber);
    await sendNumbered(publisher, "D", { prefix: "early ", count: 3 });
    const { value: batch = [] } = await first;
    const before = batch.map(shown);
    await sendNumbered(publisher, "D", { prefix: "later ", count: 3_000 });
    assert.deepEqual(batch.map(shown), before);
    await batches.return?.();
  });

  it("loses none of 10,000 frames and keeps their order", async (bus) => {
    const publisher = await bus.publisher();
    const { reader, subscriber } = await bus.reading("D");
    await sendNumbered(publisher, "D", { count: 10_000 });
    await reader.count(10_000);
    assert.deepEqual(reader.frames, numbered("D", "", 10_000));
    assert.deepEqual(subscriber.counters, { received: 10_000, dropped: 0 });
  });

  it("refuses a payload over the limit", async (bus) => {
    const publisher = await bus.publisher();
    const tooLarge = new Uint8Array(MAX_EVENT_BYTES + 1);
    const refusal = { code: "FRAME_TOO_LARGE", message: /topic "D": 4097 bytes.*4096/ };
    assert.throws(() => publisher.trySend("D", tooLarge), refusal);
    await assert.rejects(publisher.send("D", tooLarge), refusal);
  });
}

function registerPeers(it: RegisterTest, { fanOut, listensToAddresses }: PubSubTraits): void {
  it("receives from several publishers, each in its order", async (bus) => {
    const publishers = [await bus.publisher(), await bus.publisher(), await bus.publisher()];
    const { reader } = await bus.reading("D");
    const send = publishers.map((publisher, index) =>
      sendNumbered(publisher, "D", { prefix: `${index}:`, count: 500 })
    );
    await Promise.all(send);
    await reader.count(1500);
    publishers.forEach((_, index) => {
      const from = reader.frames.filter((frame) => frame.startsWith(`D|${index}:`));
      assert.deepEqual(from, numbered("D", `${index}:`, 500));
    });
  });

  it("delivers each frame to every subscriber", async (bus) => {
    const publisher = await bus.publisher();
    const one = await bus.reading("D");
    const two = await bus.reading("D", "E");
    await sendNumbered(publisher, "D", { count: 100 });
    for (const { reader } of [one, two]) {
      await reader.count(100);
      assert.deepEqual(reader.frames, numbered("D", "", 100));
    }
  }, { when: fanOut === "one", reason: "a frame reaches one of them" });

  it("disconnects from a publisher and reconnects", async (bus) => {
    const [gone, stays] = [await bus.publisher(), await bus.publisher()];
    const { reader, subscriber } = await bus.reading("D");
    subscriber.registerListenAddress(gone.address);
    subscriber.unregisterListenAddress(gone.address);
    await gone.send("D", bytesOf("unheard"));
    await stays.send("D", bytesOf("event"));
    await reader.has("D|event");
    await bus.follow(subscriber);
    await gone.send("D", bytesOf("again"));
    await reader.has("D|again");
    assert.deepEqual(reader.frames, ["D|event", "D|again"]);
  }, { when: !listensToAddresses, reason: "it has no addresses" });

  it("refuses an address to listen to", async (bus) => {
    const subscriber = await bus.subscriber();
    const refusal = { code: "ADDRESS_INVALID", message: /"tcp:\/\/127.0.0.1:8866"/ };
    assert.throws(() => subscriber.registerListenAddress("tcp://127.0.0.1:8866"), refusal);
  }, { when: listensToAddresses, reason: "it listens to addresses" });
}

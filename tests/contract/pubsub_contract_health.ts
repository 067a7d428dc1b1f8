import assert from "node:assert/strict";
import type { PubSubTraits } from "../../drivers/contract/pubsub.ts";
import { HealthReader } from "../support/health_reader.ts";
import { bytesOf } from "../support/frame_reader.ts";
import { put } from "./pubsub_bus.ts";
import type { RegisterTest } from "./pubsub_contract.ts";

/** Guarantees about the health streams, for drivers with connections. */
export function registerHealth(it: RegisterTest, traits: PubSubTraits): void {
  const { listensToAddresses, liveProof, reach } = traits;
  const oneProcess = { when: reach === "process", reason: "it has no connections" };
  const noAddresses = { when: !listensToAddresses, reason: "it has no addresses" };
  const isBroker = !listensToAddresses && liveProof === "confirmed";
  const meetsAtBroker = { when: isBroker, reason: "its ends do not know of each other" };
  const noBroker = { when: !isBroker, reason: "it has no broker" };

  it("reports both ends of a connection, when it opens and closes", async (bus) => {
    const publisher = await bus.publisher();
    const subscriber = await bus.subscriber();
    const [sending, receiving] = [publisher.health, subscriber.health]
      .map((health) => new HealthReader(health));
    assert(sending && receiving);
    const [connecting, accepting] = listensToAddresses
      ? [receiving, sending]
      : [sending, receiving];
    await bus.follow(subscriber);
    await connecting.has("connected");
    await accepting.has("peer-joined");
    await (listensToAddresses ? subscriber[Symbol.asyncDispose]() : publisher.close());
    await accepting.has("peer-left");
    await connecting.ended;
  }, oneProcess.when ? oneProcess : meetsAtBroker);

  it(
    "reports once that a subscriber is live, and no loss when the subscriber itself disconnects",
    async (bus) => {
      const publisher = await bus.publisher();
      const subscriber = await bus.subscriber();
      const health = new HealthReader(subscriber.health);
      subscriber.registerTopic("D");
      await bus.follow(subscriber);
      subscriber.registerTopic("E");
      await bus.follow(subscriber);
      await publisher.close();
      await subscriber[Symbol.asyncDispose]();
      await health.ended;
      assert.deepEqual(health.kinds, [`live ${liveProof}`]);
    },
    noBroker,
  );

  it(
    "reports that a publisher is live, with the proof, and that it is lost",
    async (bus) => {
      const publisher = await bus.publisher();
      const subscriber = await bus.subscriber();
      const health = new HealthReader(subscriber.health);
      const reading = (async () => {
        for await (const _ of subscriber.batches());
      })();
      await bus.follow(subscriber);
      await publisher.close();
      await health.has("disconnected");
      assert.deepEqual(health.kinds, ["connected", `live ${liveProof}`, "disconnected"]);
      const { address } = publisher;
      assert(health.events.every((event) => "address" in event && event.address === address));
      await subscriber[Symbol.asyncDispose]();
      await reading;
    },
    noAddresses,
  );

  it("has health streams that end with their owner", async (bus) => {
    const publisher = await bus.publisher();
    const subscriber = await bus.subscriber();
    const streams = [publisher.health, publisher.health, subscriber.health]
      .map((health) => new HealthReader(health));
    await publisher.close();
    await subscriber[Symbol.asyncDispose]();
    for (const stream of streams) await stream.ended;
    const late = new HealthReader(publisher.health);
    await late.ended;
    assert.deepEqual(late.events, []);
  });

  it("continues, when a reader of health stops reading", async (bus) => {
    const publisher = await bus.publisher();
    const subscriber = await bus.subscriber();
    for await (const _ of emptyAfterOne(subscriber.health)) break;
    subscriber.registerTopic("D");
    const batches = subscriber.batches()[Symbol.asyncIterator]();
    const first = batches.next();
    await bus.follow(subscriber);
    await put(publisher, "D", bytesOf("1"));
    assert.equal((await first).value?.length, 1);
    await batches.return?.();
  });
}

/** Begins to read a stream, and stops before the first event. */
async function* emptyAfterOne<T>(stream: AsyncIterable<T>): AsyncGenerator<undefined> {
  const iterator = stream[Symbol.asyncIterator]();
  yield undefined;
  await iterator.return?.();
}

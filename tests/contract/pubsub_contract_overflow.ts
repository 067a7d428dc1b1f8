import assert from "node:assert/strict";
import type { PubSubTraits } from "../../drivers/contract/pubsub.ts";
import { Notifier } from "../../drivers/_internal/notifier.ts";
import { FrameReader, octets } from "../support/frame_reader.ts";
import { fill } from "./pubsub_bus.ts";
import type { RegisterTest } from "./pubsub_contract.ts";

/** Sends that reach all or nobody, and where frames come from. */
export function registerOverflow(it: RegisterTest, traits: PubSubTraits): void {
  const { delivery, listensToAddresses } = traits;

  it("sends to all, when nobody is behind", async (bus) => {
    const publisher = await bus.publisher();
    const { reader } = await bus.reading("D");
    await publisher.send("D", octets("first"));
    await reader.has("D|first");
    assert.equal(publisher.trySendToAll("D", octets("to all")), true);
    await reader.has("D|to all");
    await publisher.close();
    assert.throws(() => publisher.trySendToAll("D", octets("late")), { code: "CLOSED" });
  });

  it("sends to nobody, when somebody has no room", async (bus) => {
    const publisher = await bus.publisher();
    const subscriber = await bus.subscriber();
    subscriber.registerTopic("D");
    const sent = await fill(publisher, "D");
    assert.equal(publisher.trySendToAll("D", octets("refused")), false);
    const reader = new FrameReader(subscriber);
    await reader.count(sent);
    await publisher.send("D", octets("last"), { timeoutMs: 10_000 });
    await reader.has("D|last");
    assert(!reader.frames.includes("D|refused"));
  }, { when: delivery !== "waits", because: "it is never full for long" });

  it("says which publisher a frame came from", async (bus) => {
    const publishers = [await bus.publisher(), await bus.publisher()];
    const subscriber = await bus.subscriber();
    subscriber.registerTopic("D");
    const came = new Notifier();
    const from = new Map<string, string | undefined>();
    const reading = (async () => {
      for await (const batch of subscriber.batches()) {
        for (const { payload, address } of batch) {
          from.set(new TextDecoder().decode(payload), address);
        }
        came.notify();
      }
    })();
    await bus.follow(subscriber);
    for (const publisher of publishers) await publisher.send("D", octets(publisher.address));
    await came.until(() => from.size === publishers.length, { timeoutMs: 10_000 });
    assert.deepEqual(from, new Map(publishers.map(({ address }) => [address, address])));
    await subscriber[Symbol.asyncDispose]();
    await reading;
  }, { when: !listensToAddresses, because: "it has no addresses" });
}

/** What a publisher sees of its subscribers. */
export function registerSubscriptions(it: RegisterTest, traits: PubSubTraits): void {
  const unseen = { when: !traits.seesSubscriptions, because: "its publishers see none" };

  it("tells a publisher of every subscription, and of nothing else", async (bus) => {
    const seen: string[] = [];
    const told = new Notifier();
    const publisher = await bus.publisher({
      onSubscription: (topic) => {
        seen.push(topic);
        told.notify();
      },
    });
    const one = await bus.reading("D", "größe");
    const two = await bus.reading("D");
    two.subscriber.registerTopic("D");
    two.subscriber.unregisterTopic("D");
    two.subscriber.registerTopic("last");
    await told.until(() => seen.includes("last"), { timeoutMs: 10_000 });
    assert.deepEqual(seen.toSorted(), ["D", "D", "größe", "last"]);
    await publisher.send("D", octets("1"));
    await one.reader.has("D|1");
    assert.equal(seen.length, 4);
  }, unseen);

  it("lets a publisher send where it sees a subscription", async (bus) => {
    const publisher = await bus.publisher({
      onSubscription: (topic) => publisher.trySend(topic, octets("welcome")),
    });
    const { reader } = await bus.reading("D");
    await reader.has("D|welcome");
    assert.deepEqual(reader.frames, ["D|welcome"]);
  }, unseen);

  it("tells a publisher nothing, where subscriptions do not come to it", async (bus) => {
    const seen: string[] = [];
    const publisher = await bus.publisher({ onSubscription: (topic) => seen.push(topic) });
    const { reader } = await bus.reading("D");
    await publisher.send("D", octets("1"));
    await reader.has("D|1");
    assert.deepEqual(seen, []);
  }, { when: traits.seesSubscriptions, because: "they do" });
}

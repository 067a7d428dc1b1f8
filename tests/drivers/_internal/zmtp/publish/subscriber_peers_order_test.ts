import assert from "node:assert/strict";
import { nextTurn } from "../../../../../drivers/contract/next_turn.ts";
import { PassingTime } from "../../../../support/fakes/passing_time.ts";
import type { Overrides } from "../../../../support/test_settings.ts";
import { publisherWithoutSockets, SubscriberEnd } from "../../../../support/zmq/subscriber_end.ts";

/** From this number on, a flush to TLS connections is followed by a pause. */
const MANY_SECURED = 50;

/** A publisher with that many subscribers over TLS, and a slow one. */
async function manySecured(overrides: Overrides = {}) {
  const { peers, publish } = publisherWithoutSockets(overrides);
  const secured = () => new SubscriberEnd(peers, true, true);
  const slow = secured();
  for (const each of [slow, ...Array.from({ length: MANY_SECURED }, secured)]) each.want("D");
  await slow.takeItems();
  return { publish, slow };
}

Deno.test("SubscriberPeers sends LIVE before the events of a new topic, when an event was sent in part", async () => {
  const { peers, publish } = publisherWithoutSockets();
  const subscriber = new SubscriberEnd(peers);
  subscriber.want("A");
  await subscriber.takeItems();
  subscriber.stream.takes.push(50_000);
  const large = "x".repeat(200_000);
  publish("A", large);
  await Promise.resolve();
  subscriber.want("B");
  publish("B", "1");
  await Promise.resolve();
  subscriber.stream.drain();
  publish("B", "2");
  assert.deepEqual(await subscriber.takeItems(), [`A|${large}`, "B live 1", "B|1", "B|2"]);
});

Deno.test("SubscriberPeers sends each event once to a slow subscriber, when flushes to TLS connections pause", async () => {
  using time = new PassingTime();
  const { publish, slow } = await manySecured();
  time.now += 1_000;
  await nextTurn();
  slow.stream.takes.push(0);
  publish("D", "1");
  await Promise.resolve();
  publish("D", "2");
  slow.stream.drain();
  time.now += 1_000;
  await nextTurn();
  publish("D", "3");
  time.now += 1_000;
  await nextTurn();
  assert.deepEqual(await slow.takeItems(), ["D|1", "D|2", "D|3"]);
});

Deno.test("SubscriberPeers tells a subscriber that has skipped events the next one that it gets, when flushes pause", async () => {
  using time = new PassingTime();
  const { publish, slow } = await manySecured({ "df_zmq.high_water_mark": "4" });
  slow.stream.takes.push(0);
  const publishLater = async (text: string) => {
    time.now += 1_000;
    await nextTurn();
    publish("D", text);
    await Promise.resolve();
  };
  for (const text of ["1", "2", "3", "4", "5", "6"]) await publishLater(text);
  publish("D", "7");
  slow.stream.drain();
  await publishLater("8");
  time.now += 1_000;
  await nextTurn();
  assert.deepEqual(await slow.takeItems(), ["D live 7", "D|7", "D|8"]);
});

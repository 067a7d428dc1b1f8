import assert from "node:assert/strict";
import type { SubscriberPeer } from "../../../../drivers/_internal/zmtp/subscriber_peer.ts";
import { type Topic, TopicTable } from "../../../../drivers/_internal/zmtp/topic_table.ts";
import { octets } from "../../../support/frame_reader.ts";

function plain(...prefixes: string[]): SubscriberPeer & { wanted: string[] } {
  const peer = {
    wanted: prefixes,
    isSession: false,
    topics: new Set<Topic>(),
    forget: (topic: Topic) => peer.topics.delete(topic),
    gets: ({ name }: Topic) => peer.wanted.some((prefix) => name.startsWith(prefix)),
  };
  return peer as unknown as SubscriberPeer & { wanted: string[] };
}

const topic = (table: TopicTable, name: string, base = 0) => table.get(name, octets(name), base, 0);

Deno.test("TopicTable has each topic once, with bytes of its own", () => {
  const table = new TopicTable();
  const bytes = octets("D");
  const found = table.get("D", bytes, 7, 0);
  bytes[0] = 0;
  assert.deepEqual([found.bytes, found.seq, found.last], [octets("D"), 7, -1]);
  assert.equal(topic(table, "D"), found);
  assert.equal(table.find("D"), found);
  assert.equal(table.size, 1);
});

Deno.test("TopicTable finds who subscribed by prefix, before and after the topic was made", () => {
  const table = new TopicTable();
  const before = topic(table, "abc");
  const peer = plain("ab");
  table.notePlain(peer);
  assert.deepEqual([...table.peersOf(before)], [peer]);
  assert.deepEqual([...table.peersOf(topic(table, "abd"))], [peer]);
  peer.wanted = ["x"];
  table.notePlain(peer);
  assert.deepEqual([...table.peersOf(before)], []);
  assert.deepEqual([...table.peersOf(topic(table, "xyz"))], [peer]);
});

Deno.test("TopicTable forgets a peer on every topic, of either kind", () => {
  const table = new TopicTable();
  const one = topic(table, "a");
  const byPrefix = plain("");
  table.notePlain(byPrefix);
  const bySession = plain();
  bySession.topics.add(one);
  one.peers.add(bySession);
  for (const peer of [byPrefix, bySession]) table.forgetPeer(peer);
  assert.deepEqual([...table.peersOf(one)], []);
});

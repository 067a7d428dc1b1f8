import assert from "node:assert/strict";
import type { SubscriberPeer } from "../../../../../drivers/_internal/zmtp/publish/subscriber_peer.ts";
import {
  type Topic,
  TopicTable,
} from "../../../../../drivers/_internal/zmtp/publish/topic_table.ts";
import { bytesOf } from "../../../../support/frame_reader.ts";

function plain(...prefixes: string[]): SubscriberPeer & { wanted: string[] } {
  const peer = {
    wanted: prefixes,
    isSession: false,
    topics: new Set<Topic>(),
    forget: (topic: Topic) => peer.topics.delete(topic),
    forgetAll: () => {
      const topics = [...peer.topics];
      peer.topics.clear();
      return topics;
    },
    gets: ({ name }: Topic) => peer.wanted.some((prefix) => name.startsWith(prefix)),
  };
  return peer as unknown as SubscriberPeer & { wanted: string[] };
}

const emptyLog = () => ({ head: 0, tail: 0 });
const topic = (table: TopicTable, name: string) => table.get(name, bytesOf(name));

Deno.test("TopicTable has each topic once, with a key of its own", () => {
  const table = new TopicTable(emptyLog());
  const bytes = bytesOf("D");
  const found = table.get("D", bytes);
  bytes[0] = 0;
  assert.deepEqual([found.key, found.seq, found.last], ["D", 0, -1]);
  assert.equal(topic(table, "D"), found);
  assert.equal(table.find("D"), found);
  assert.equal(table.size, 1);
});

Deno.test("TopicTable finds who subscribed by prefix, before and after the topic was made", () => {
  const table = new TopicTable(emptyLog());
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

Deno.test("TopicTable forgets a peer on every topic, of either kind", async () => {
  const table = new TopicTable(emptyLog());
  const one = topic(table, "a");
  const byPrefix = plain("");
  table.notePlain(byPrefix);
  const bySession = plain();
  bySession.topics.add(one);
  one.peers.add(bySession);
  for (const peer of [byPrefix, bySession]) await table.forgetPeer(peer);
  assert.deepEqual([...table.peersOf(one)], []);
});

Deno.test("TopicTable forgets a peer with many topics in slices, except on a topic that it wants again", async () => {
  const table = new TopicTable(emptyLog());
  const peer = plain();
  for (let index = 0; index < 50_000; index++) {
    const each = topic(table, `topic-${index}`);
    peer.topics.add(each);
    each.peers.add(peer);
  }
  const last = topic(table, "topic-49999");
  const again = topic(table, "topic-49998");
  const forgotten = table.forgetPeer(peer);
  assert.deepEqual([peer.topics.size, last.peers.size], [0, 1], "other work runs before the end");
  peer.topics.add(again);
  table.leave(topic(table, "topic-49997"), peer);
  const newer = topic(table, "topic-49997");
  await forgotten;
  assert.deepEqual([last.peers.size, again.peers.size, table.size], [0, 1, 2]);
  assert.equal(table.find("topic-49997"), newer);
});

Deno.test("TopicTable begins a topic where it began before, when nobody wants it for a while and it has no event", () => {
  const log = emptyLog();
  const table = new TopicTable(log);
  const peer = plain();
  const before = topic(table, "quiet");
  before.peers.add(peer);
  table.leave(before, peer);
  assert.equal(table.size, 0);
  Object.assign(log, { head: 500, tail: 100 });
  assert.equal(topic(table, "quiet").seq, before.seq);
});

Deno.test("TopicTable begins topics above the numbers of all it has forgotten, when it is full", () => {
  const log = emptyLog();
  const table = new TopicTable(log, 2);
  const old = topic(table, "old");
  old.seq = 10;
  old.last = 9;
  const kept = topic(table, "kept");
  kept.last = 499;
  Object.assign(log, { head: 500, tail: 100 });
  assert.equal(topic(table, "new").seq, 500);
  assert.deepEqual([table.find("old"), table.find("kept")], [undefined, kept]);
});

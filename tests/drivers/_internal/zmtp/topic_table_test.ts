import assert from "node:assert/strict";
import type { SubscriberPeer } from "../../../../drivers/_internal/zmtp/subscriber_peer.ts";
import { type Topic, TopicTable } from "../../../../drivers/_internal/zmtp/topic_table.ts";
import { bytesOf } from "../../../support/frame_reader.ts";

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

const LOG = { head: 0, tail: 0 };
const topic = (table: TopicTable, name: string, log = LOG) => table.get(name, bytesOf(name), log);

Deno.test("TopicTable stores each topic once, with its own copy of the bytes", () => {
  const table = new TopicTable();
  const bytes = bytesOf("D");
  const found = table.get("D", bytes, LOG);
  bytes[0] = 0;
  assert.deepEqual([found.bytes, found.seq, found.last], [bytesOf("D"), 0, -1]);
  assert.equal(topic(table, "D"), found);
  assert.equal(table.find("D"), found);
  assert.equal(table.size, 1);
});

Deno.test("TopicTable finds the subscribers by prefix, before and after the topic was created", () => {
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

Deno.test("TopicTable removes a peer from every topic, for both kinds of subscription", () => {
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

Deno.test("TopicTable continues the seqs of a topic, when it had neither subscribers nor events for a while", () => {
  const table = new TopicTable();
  const peer = plain();
  const before = topic(table, "quiet");
  before.peers.add(peer);
  table.leave(before, peer);
  assert.equal(table.size, 0);
  assert.equal(topic(table, "quiet", { head: 500, tail: 100 }).seq, before.seq);
});

Deno.test("TopicTable starts topics above the seqs of all forgotten topics, when it is full", () => {
  const table = new TopicTable(2);
  const old = topic(table, "old");
  old.seq = 10;
  old.last = 9;
  const kept = topic(table, "kept");
  kept.last = 499;
  assert.equal(topic(table, "new", { head: 500, tail: 100 }).seq, 500);
  assert.deepEqual([table.find("old"), table.find("kept")], [undefined, kept]);
});

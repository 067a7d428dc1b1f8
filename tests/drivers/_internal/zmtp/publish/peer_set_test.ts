import assert from "node:assert/strict";
import { PeerSet } from "../../../../../drivers/_internal/zmtp/publish/peer_set.ts";
import type { SubscriberPeer } from "../../../../../drivers/_internal/zmtp/publish/subscriber_peer.ts";
import { Topic } from "../../../../../drivers/_internal/zmtp/publish/topic_table.ts";
import { bytesOf } from "../../../../support/frame_reader.ts";

const HOUR_MS = 3_600_000;

/** A subscriber of topic D that uses this memory, and adds it to `refused` when it is refused. */
function peerAt(address: string, memory: number, refused: number[] = []): SubscriberPeer {
  return {
    memory,
    totals: { skipped: 0, replayed: 0, lost: 0 },
    topics: new Set([new Topic("D", bytesOf("D"), 0)]),
    applied: { of: () => 7 },
    connection: {
      stream: { peer: address },
      session: { node: `node at ${address}`, processId: 1, version: "1" },
      heartbeat: { isOver: false },
      refuse: () => refused.push(memory),
    },
  } as unknown as SubscriberPeer;
}

Deno.test("PeerSet refuses the largest subscribers of the address that uses the most memory, until the rest is within the limit", () => {
  for (const [limit, expected] of [[220, []], [219, [60]], [159, [60, 50]]] as const) {
    const refused: number[] = [];
    const set = new PeerSet();
    for (const [address, memory] of [["a:1", 50], ["b:1", 70], ["a:2", 40], ["a:3", 60]] as const) {
      set.add(peerAt(address, memory, refused));
    }
    assert.equal(set.countOf("a:9"), 3);
    set.limitMemory(limit);
    assert.deepEqual(refused, expected);
  }
});

Deno.test("PeerSet forgets a subscriber that has disconnected, when it is back or after an hour, whatever the clock says", () => {
  const [wall, monotonic] = [Date.now, performance.now];
  const set = new PeerSet();
  const peers = ["a:1", "b:1", "c:1"].map((address) => peerAt(address, 1));
  const [a, b, c] = peers as [SubscriberPeer, SubscriberPeer, SubscriberPeer];
  const departed = () => set.departed.all().map(({ address, leftAt }) => [address, leftAt]);
  for (const peer of peers) set.add(peer);
  const at = (wallMs: number, monotonicMs: number) => {
    Date.now = () => wallMs;
    performance.now = () => monotonicMs;
  };
  try {
    at(5 * HOUR_MS, 1);
    set.delete(a);
    set.delete(b);
    set.departed.noteBack(b);
    assert.deepEqual(departed(), [["a:1", 5 * HOUR_MS]]);
    for (const wallMs of [7 * HOUR_MS, 3 * HOUR_MS]) {
      at(wallMs, 2);
      assert.deepEqual(departed(), [["a:1", wallMs - 1]]);
    }
    at(HOUR_MS, HOUR_MS + 1);
    set.delete(c);
    assert.deepEqual(departed(), [["a:1", 0], ["c:1", HOUR_MS]]);
    at(0, HOUR_MS + 2);
    assert.deepEqual(departed(), [["c:1", -1]]);
  } finally {
    Date.now = wall;
    performance.now = monotonic;
  }
});

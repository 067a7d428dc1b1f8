// Prints the bytes of heap that a topic keeps, and that a delivery leaves behind. Its runtime has a
// young generation with room for all of it, and a collector that can be asked.
import { LogCursor } from "../../drivers/_internal/zmtp/publish/log_cursor.ts";
import type { SubscriberPeer } from "../../drivers/_internal/zmtp/publish/subscriber_peer.ts";
import { Topic, TopicTable } from "../../drivers/_internal/zmtp/publish/topic_table.ts";
import { WireLog } from "../../drivers/_internal/zmtp/publish/wire_log.ts";

const ENCODER = new TextEncoder();

function heapUsed(): number {
  (globalThis as unknown as { gc(): void }).gc();
  return Deno.memoryUsage().heapUsed;
}

/** What stays of a topic with one subscriber, and a name as long as the id of a project. */
function topicBytes(): number {
  const count = 20_000;
  const names = Array.from({ length: count }, (_, at) => String(at).padStart(36, "0"));
  const table = new TopicTable({ head: 0, tail: 0 });
  const peer = { topics: new Set<Topic>() } as SubscriberPeer;
  const before = heapUsed();
  for (const name of names) {
    const topic = table.get(name, ENCODER.encode(name));
    topic.peers.add(peer);
    peer.topics.add(topic);
  }
  return (heapUsed() - before) / table.size;
}

class Cursor extends LogCursor {
  protected hasTopic = () => true;
  protected onShareUsed(): void {}
  protected onSkippedFrom(): void {}
  protected onCut(): void {}
}

/** What one event leaves behind for each subscriber that it is sent to. */
function deliveryBytes(): number {
  const [events, subscribers] = [200, 1_000];
  const log = new WireLog(1_024, 2 ** 20);
  const topic = new Topic("D", ENCODER.encode("D"), 0);
  const cursors = Array.from({ length: subscribers }, () => new Cursor(log));
  const deliver = () => {
    const index = log.head;
    log.append(topic, 300, () => {});
    for (const cursor of cursors) {
      cursor.begin(index);
      cursor.beginShare();
      cursor.sent(cursor.next()?.length ?? 0);
      cursor.next();
    }
  };
  for (let count = 0; count < events; count++) deliver();
  heapUsed();
  const before = Deno.memoryUsage().heapUsed;
  for (let count = 0; count < events; count++) deliver();
  return (Deno.memoryUsage().heapUsed - before) / events / subscribers;
}

console.log(JSON.stringify({ topic: topicBytes(), delivery: deliveryBytes() }));

import assert from "node:assert/strict";
import type { Connection } from "../../../../../drivers/_internal/zmtp/connection.ts";
import { SubscriberPeer } from "../../../../../drivers/_internal/zmtp/publish/subscriber_peer.ts";
import { Topic, TopicTable } from "../../../../../drivers/_internal/zmtp/publish/topic_table.ts";

import { WireLog } from "../../../../../drivers/_internal/zmtp/publish/wire_log.ts";
import { SeededRandom } from "../../../../faults/harness/random.ts";
import { PeerReader } from "../../../../support/zmq/peer_reader.ts";
import { bytesOf, payloadOf } from "../../../../support/frame_reader.ts";

const TABLE = new TopicTable({ head: 0, tail: 0 });

const SEED = Number(Deno.env.get("DF_FUZZ_SEED") ?? 20_261_129);

/** A log, topics, and a peer whose connection accepts as many bytes as the test allows. */
class Subject {
  readonly log: WireLog;
  readonly topics: readonly Topic[];
  readonly reader = new PeerReader();
  readonly peer: SubscriberPeer;
  skips = 0;
  closedBecause: string | undefined;

  constructor({ events = 4_096, bytes = 1024 * 1024, names = ["a", "b", "c", "d", "e"] } = {}) {
    this.log = new WireLog(events, bytes);
    this.topics = names.map((name) => new Topic(name, bytesOf(name), 0));
    this.peer = new SubscriberPeer(this.log, {
      onSkipped: (peer, missed) => {
        this.skips++;
        for (const topic of missed) peer.tellLive(topic, topic.seq + 1);
      },
      onBehind: () => {},
    });
    this.peer.connection = {
      queueCommand: (_: string, data: Uint8Array) => this.reader.command(data),
      close: (reason: string) => this.closedBecause = reason,
      spend: () => true,
      isClosed: false,
      outgoing: { queuedBytes: 0 },
      session: {},
      stream: { peer: "192.0.2.1:5000" },
    } as unknown as Connection;
  }

  /** Sends one event as a publisher does, with its number in the payload. */
  send(topic: Topic, size = 0): void {
    const payload = new Uint8Array(8 + size);
    new DataView(payload.buffer).setFloat64(0, topic.seq + 1);
    this.log.append(topic, ...payloadOf(payload));
    if (topic.peers.has(this.peer) && this.peer.isCaughtUp) this.peer.begin(this.log.flushed);
    this.log.flushed = this.log.head;
  }

  want(topic: Topic, wanted: number): void {
    this.peer.want(topic, wanted);
  }

  /** The connection accepts at max `max` bytes. @returns whether there was something to send */
  take(max: number): boolean {
    this.reader.betweenMessages(this.peer.isBetweenMessages);
    this.peer.beginShare();
    const bytes = this.peer.next();
    if (bytes === undefined) {
      this.reader.betweenMessages(true);
      return false;
    }
    const taken = Math.min(max, bytes.length);
    this.reader.take(bytes.subarray(0, taken));
    this.peer.sent(taken);
    this.reader.betweenMessages(this.peer.isBetweenMessages);
    return true;
  }

  takeAll(): void {
    while (this.take(Infinity));
  }
}

for (let round = 0; round < 20; round++) {
  Deno.test(`SubscriberPeer sends the requested events in order, in pieces of any size, seed ${SEED + round}`, () => {
    const random = new SeededRandom(SEED + round);
    const subject = new Subject();
    const { topics, peer, reader } = subject;
    for (let step = 0; step < 4_000; step++) {
      const topic = random.pick(topics);
      const dice = random.next();
      if (dice < 0.4) subject.send(topic, random.next() < 0.05 ? 5_000 : random.between(0, 40));
      else if (dice < 0.42) TABLE.leave(topic, peer), reader.drop(topic.name);
      else if (dice < 0.45 && !peer.topics.has(topic)) {
        const wanted = random.next() < 0.5 ? 0 : random.between(1, topic.seq + 1);
        reader.want(topic.name, wanted);
        subject.want(topic, wanted);
      } else if (dice < 0.47) {
        const known = reader.nextOf(topic.name);
        if (known === undefined) continue;
        TABLE.leave(topic, peer);
        reader.drop(topic.name);
        reader.want(topic.name, known);
        subject.want(topic, known);
      } else subject.take(random.between(1, 300));
    }
    subject.takeAll();
    for (const topic of topics) {
      if (!peer.topics.has(topic)) continue;
      assert.equal(reader.nextOf(topic.name), topic.seq + 1, `${topic.name} to its end`);
    }
    assert(reader.events > 300, `${reader.events} events`);
    assert.deepEqual(reader.gaps, []);
    assert(peer.isCaughtUp);
    assert.deepEqual(peer.backlog, { events: 0, bytes: 0 });
  });
}

Deno.test("SubscriberPeer completes a partly sent event, when the topic is dropped", () => {
  const subject = new Subject();
  const [a, b] = subject.topics;
  assert(a && b);
  for (const topic of [a, b]) subject.want(topic, 0);
  subject.send(a, 200_000);
  subject.send(b);
  subject.take(100);
  TABLE.leave(a, subject.peer);
  subject.takeAll();
  assert.deepEqual(subject.reader.frames, ["a|1", "b|1"]);
});

Deno.test("SubscriberPeer completes the current event before it rewinds", () => {
  for (const size of [10, 200_000]) {
    const subject = new Subject();
    const [a, b] = subject.topics;
    assert(a && b);
    subject.want(a, 0);
    for (let count = 0; count < 3; count++) subject.send(b);
    subject.send(a, size);
    subject.send(a);
    subject.take(5);
    subject.reader.want("b", 2);
    subject.want(b, 2);
    subject.send(b);
    subject.takeAll();
    assert.deepEqual(subject.reader.frames, ["a|1", "b|2", "b|3", "a|2", "b|4"]);
    assert.deepEqual(subject.peer.counters, { skipped: 0, replayed: 2, lost: 0 });
  }
});

Deno.test("SubscriberPeer reports the lost events, when requested events are no longer stored", () => {
  const subject = new Subject({ events: 4 });
  const [a] = subject.topics;
  assert(a);
  for (let count = 0; count < 10; count++) subject.send(a);
  subject.reader.want("a", 4);
  subject.want(a, 4);
  subject.takeAll();
  assert.deepEqual(subject.reader.frames, ["a|7", "a|8", "a|9", "a|10"]);
  assert.deepEqual(subject.reader.gaps, ["a 3"]);
  assert.deepEqual(subject.peer.counters, { skipped: 0, replayed: 4, lost: 3 });
});

Deno.test("SubscriberPeer skips once, with a count for each missed topic, when it reads again", () => {
  const subject = new Subject({ events: 8 });
  const [a, b, c] = subject.topics;
  assert(a && b && c);
  for (const topic of [a, b, c]) subject.want(topic, 0);
  subject.send(c);
  subject.takeAll();
  subject.send(a);
  subject.send(b);
  for (let count = 0; count < 20; count++) subject.send(a);
  assert(subject.peer.isOverrun);
  const { state } = subject.peer;
  assert.equal(state.skipped, 14);
  for (let count = 0; count < 20; count++) subject.send(a);
  assert.equal(state.skipped, 34, "a state is current when it is read");
  subject.takeAll();
  assert.equal(subject.skips, 1);
  subject.send(b);
  subject.takeAll();
  assert.deepEqual(subject.reader.frames, ["c|1", "b|2"]);
  assert.deepEqual(subject.reader.gaps, ["a 41", "b 1"]);
});

Deno.test("SubscriberPeer ends the connection, when an event that was sent in part is overwritten", () => {
  const subject = new Subject({ events: 4 });
  const [a] = subject.topics;
  assert(a);
  subject.want(a, 0);
  subject.send(a, 200_000);
  subject.take(100);
  for (let count = 0; count < 10; count++) subject.send(a);
  assert.equal(subject.peer.next(), undefined);
  assert.match(subject.closedBecause ?? "", /sent in part is no longer kept/);
});

Deno.test("SubscriberPeer stores each prefix once, because libzmq sends one CANCEL for several SUBSCRIBEs", () => {
  const subject = new Subject();
  const { peer } = subject;
  peer.connection = {} as unknown as Connection;
  const topic = new Topic("größe", bytesOf("größe"), 0);
  for (let count = 0; count < 2; count++) peer.prefixes.add(bytesOf("grö"));
  assert(peer.gets(topic));
  assert.deepEqual(peer.prefixes.names(9), ["grö"]);
  peer.prefixes.delete(bytesOf("grö"));
  peer.prefixes.delete(bytesOf("never"));
  assert(!peer.gets(topic));
  assert.deepEqual([peer.subscriptions, peer.prefixes.bytes], [0, 0]);
  peer.prefixes.add(new Uint8Array());
  assert(peer.gets(topic));
});

Deno.test("SubscriberPeer.requestReport sends one request per event, and another for a later event", () => {
  const { peer, topics: [topic = assert.fail()] } = new Subject();
  const requests: string[] = [];
  peer.connection = {
    queueCommand: (name: string) => requests.push(name),
    session: {},
  } as unknown as Connection;
  const answers = [3, 3, 2, 4].map((seq) => peer.requestReport(topic, seq));
  assert.deepEqual(answers, [true, false, false, true]);
  assert.equal(requests.length, 2);
});

Deno.test("SubscriberPeer.memory falls back, when the peer leaves topics that nobody else used", () => {
  const subject = new Subject();
  const { peer, topics } = subject;
  const empty = peer.memory;
  for (const leave of [(topic: Topic) => TABLE.leave(topic, peer), () => TABLE.forgetPeer(peer)]) {
    for (const topic of topics) subject.want(topic, 0);
    assert(peer.memory >= empty + topics.length * 300);
    for (const topic of topics) leave(topic);
    assert.equal(peer.memory, empty);
  }
  for (const topic of topics) subject.want(topic, 0);
  void TABLE.forgetPeer(peer);
  for (const topic of topics) subject.want(topic, 0);
  assert(peer.memory >= empty + topics.length * 300, "it has subscribed again at once");
  for (const topic of topics) TABLE.leave(topic, peer);
  assert.equal(peer.memory, empty);
  for (const topic of topics) subject.want(topic, 0);
  void TABLE.forgetPeer(peer);
  for (const topic of topics) TABLE.leave(topic, peer);
  assert.equal(peer.memory, empty, "it has left them twice");
});

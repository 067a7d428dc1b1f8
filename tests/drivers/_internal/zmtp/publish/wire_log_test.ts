import assert from "node:assert/strict";
import { Topic } from "../../../../../drivers/_internal/zmtp/publish/topic_table.ts";
import { FLAG, frame } from "../../../../../drivers/_internal/zmtp/wire.ts";
import { WireLog } from "../../../../../drivers/_internal/zmtp/publish/wire_log.ts";
import { SeededRandom } from "../../../../faults/harness/random.ts";
import { bytesOf, payloadOf } from "../../../../support/frame_reader.ts";

const SEED = Number(Deno.env.get("DF_FUZZ_SEED") ?? 20_261_129);

interface Event {
  readonly topic: Topic;
  readonly seq: number;
  readonly bytes: Uint8Array;
}

/** The same log as an array that never forgets an event. */
class Model {
  readonly events: Event[] = [];
  readonly #log: WireLog;

  constructor(log: WireLog) {
    this.#log = log;
  }

  append(topic: Topic, payload: Uint8Array): void {
    const seq = topic.seq + 1;
    this.#log.append(topic, ...payloadOf(payload));
    const bytes = new Uint8Array([...frame(FLAG.more, topic.bytes), ...frame(0, payload)]);
    this.events.push({ topic, seq, bytes });
    assert.equal(topic.seq, seq);
    assert.equal(topic.last, this.events.length - 1);
  }

  check(events: number, bytes: number): void {
    const { head, tail } = this.#log;
    assert.equal(head, this.events.length);
    assert(tail < head && head - tail <= events, `${tail} to ${head}`);
    let kept = 0;
    for (let index = tail; index < head; index++) {
      const event = this.events[index];
      assert(event);
      const [start, end] = [this.#log.startOf(index), this.#log.endOf(index)];
      assert.deepEqual(this.#log.bytes.subarray(start, end), event.bytes, `event ${index}`);
      assert.equal(this.#log.topicOf(index), event.topic);
      assert.equal(this.#log.seqOf(index), event.seq);
      kept += end - start;
    }
    // The log keeps everything that fits, except for the end of the memory and the room of one
    // event.
    assert(head - tail === Math.min(head, events) || kept > bytes / 4, `${kept} bytes kept`);
  }

  checkFirstAfter(topic: Topic, seq: number): void {
    const { tail } = this.#log;
    const found = this.events.findIndex((event, index) =>
      index >= tail && event.topic === topic && event.seq > seq
    );
    assert.equal(this.#log.firstAfter(topic, seq), found < 0 ? undefined : found);
  }
}

for (
  const { events, bytes, largest } of [
    { events: 8, bytes: 4_096, largest: 300 },
    { events: 1_024, bytes: 2_048, largest: 900 },
    { events: 64, bytes: 65_536, largest: 40 },
    { events: 1, bytes: 4_096, largest: 1_000 },
    { events: 16, bytes: 1_000, largest: 480 },
  ]
) {
  Deno.test(`WireLog equals an array, with room for ${events} events and ${bytes} bytes`, () => {
    const random = new SeededRandom(SEED);
    const log = new WireLog(events, bytes);
    const model = new Model(log);
    const topics = ["D", "tenant", "é", "x".repeat(9)].map((name) =>
      new Topic(name, bytesOf(name), 0)
    );
    for (let count = 0; count < 3_000; count++) {
      const size = random.next() < 0.1 ? largest : random.between(0, largest);
      model.append(random.pick(topics), new Uint8Array(size).fill(random.between(0, 255)));
      model.check(events, bytes);
      const topic = random.pick(topics);
      if (count % 5 === 0) model.checkFirstAfter(topic, random.between(0, topic.seq + 1));
    }
    for (const topic of topics) {
      for (let seq = 0; seq <= topic.seq; seq++) model.checkFirstAfter(topic, seq);
    }
  });
}

Deno.test("WireLog rounds its event count to a power of two", () => {
  const log = new WireLog(5, 4_096);
  const topic = new Topic("D", bytesOf("D"), 0);
  for (let count = 0; count < 20; count++) log.append(topic, ...payloadOf(new Uint8Array()));
  assert.deepEqual([log.head, log.tail], [20, 12]);
});

Deno.test("WireLog numbers a topic from its given first seq", () => {
  const log = new WireLog(8, 4_096);
  const topic = new Topic("D", bytesOf("D"), 41);
  log.append(topic, ...payloadOf(new Uint8Array()));
  assert.equal(log.seqOf(0), 42);
  assert.equal(log.firstAfter(topic, 41), 0);
  assert.equal(log.firstAfter(topic, 42), undefined);
});

Deno.test("WireLog finds every kept event, when its index has grown to the events there are", () => {
  const [maxEvents, sent] = [8_192, 20_000];
  const log = new WireLog(maxEvents, 2 ** 20);
  const topics = ["D", "tenant"].map((name) => new Topic(name, bytesOf(name), 0));
  const model = new Model(log);
  for (let count = 0; count < sent; count++) {
    const topic = topics[count % 2];
    assert(topic);
    model.append(topic, bytesOf(String(count)));
    if (log.head === maxEvents / 2 + 1) model.check(maxEvents, 2 ** 20);
  }
  model.check(maxEvents, 2 ** 20);
  assert.equal(log.head - log.tail, maxEvents);
  const [first] = topics;
  assert(first);
  model.checkFirstAfter(first, 0);
  model.checkFirstAfter(first, first.seq - 1);
});

Deno.test("WireLog gives one view of its bytes, when subscribers want the same", () => {
  const log = new WireLog(8, 4_096);
  log.append(new Topic("D", bytesOf("D"), 0), ...payloadOf(bytesOf("payload")));
  const view = log.view(0, log.endOf(0));
  assert.equal(log.view(0, log.endOf(0)), view);
  assert.deepEqual(log.view(1, log.endOf(0)), view.subarray(1));
  assert.deepEqual(log.view(1, log.endOf(0) - 1), view.subarray(1, -1));
});

Deno.test("WireLog says that it keeps events since its start, by the current clock of the host", () => {
  const { now } = Date;
  try {
    // The clock of a host that has just booted is two hours behind.
    Date.now = () => now() - 7_200_000;
    const log = new WireLog(8, 1_024);
    Date.now = now;
    assert(Math.abs(log.keptSince - now()) < 1_000);
  } finally {
    Date.now = now;
  }
});

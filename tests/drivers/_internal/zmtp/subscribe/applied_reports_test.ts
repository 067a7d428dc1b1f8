import assert from "node:assert/strict";
import { AppliedReports } from "../../../../../drivers/_internal/zmtp/subscribe/applied_reports.ts";
import type { Connection } from "../../../../../drivers/_internal/zmtp/connection.ts";
import { commandNumber } from "../../../../../drivers/_internal/zmtp/session.ts";
import { TopicPlaces } from "../../../../../drivers/_internal/zmtp/subscribe/topic_places.ts";
import { bytesOf } from "../../../../support/frame_reader.ts";
import { PassingTime } from "../../../../support/fakes/passing_time.ts";

/** A publisher disconnects a subscriber that sends more per second. */
const MAX_BYTES = 100_000;

for (const topicBytes of [3, 256]) {
  Deno.test(`AppliedReports stay within a publisher's budget, when reporting 1,000 topics of ${topicBytes} bytes`, () => {
    const places = new TopicPlaces();
    for (let number = 0; number < 1_000; number++) {
      const topic = String(number).padStart(topicBytes, "0");
      places.begin(places.add(topic, { bytes: bytesOf(topic) }), 1);
    }
    const sizes: number[] = [];
    const connection = {
      queueCommand: (name: string, data: Uint8Array) => sizes.push(name.length + data.length),
      pump: () => {},
    } as unknown as Connection;
    new AppliedReports(places).tick(connection, { arrived: 0, applied: 0 });
    const bytes = sizes.reduce((sum, size) => sum + size, 0);
    assert(sizes.length > 0 && sizes.length <= 300, `${sizes.length} reports`);
    assert(bytes <= MAX_BYTES / 3, `${bytes} bytes`);
  });
}

/** A subscriber of the topic D, event 1 of which is the next one, and what it reports. */
class Reporter implements Disposable {
  readonly time = new PassingTime();
  readonly places = new TopicPlaces();
  readonly place = this.places.add("D", { bytes: bytesOf("D") });
  readonly reports = new AppliedReports(this.places);
  readonly frames = { arrived: 0, applied: 0 };
  #told: number[] = [];
  readonly connection = {
    queueCommand: (_: string, data: Uint8Array) => this.#told.push(commandNumber(data, 0) ?? NaN),
    pump: () => {},
  } as unknown as Connection;

  constructor() {
    this.places.begin(this.place, 1);
    this.reports.tick(this.connection, this.frames);
    assert.deepEqual(this.told(), [0], "it begins with what it has");
  }

  arrive(count = 1): void {
    this.frames.arrived += count;
    this.place.next = (this.place.next ?? 0) + count;
    this.reports.noteArrived(this.place);
  }

  apply(frames: number): void {
    this.frames.applied = frames;
    this.reports.noteApplied(this.connection, this.frames);
  }

  tick(afterMs: number): void {
    this.time.now += afterMs;
    this.reports.tick(this.connection, this.frames);
  }

  /** The events that were reported since the last look. */
  told(): number[] {
    return this.#told.splice(0);
  }

  [Symbol.dispose](): void {
    this.time[Symbol.dispose]();
  }
}

Deno.test("AppliedReports reports at once after a second without a report, and otherwise once per second", () => {
  using node = new Reporter();
  node.tick(1_000);
  node.time.now += 70;
  node.arrive();
  node.apply(1);
  assert.deepEqual(node.told(), [1]);
  node.time.now += 900;
  node.arrive();
  node.apply(2);
  assert.deepEqual(node.told(), []);
  node.tick(100);
  assert.deepEqual(node.told(), [2]);
});

Deno.test("AppliedReports reports the topic of an event at once, however many topics there are", () => {
  using node = new Reporter();
  for (let number = 0; number < 1_000; number++) {
    const topic = String(number);
    node.places.begin(node.places.add(topic, { bytes: bytesOf(topic) }), 1);
  }
  for (let round = 0; round < 10; round++) node.tick(1_000);
  node.told();
  node.time.now += 1_000;
  const place = node.places.get("999") ?? assert.fail();
  place.next = 8;
  node.frames.arrived++;
  node.reports.noteArrived(place);
  node.apply(1);
  assert.deepEqual(node.told(), [7]);
});

Deno.test("AppliedReports says once per second that an application goes on, while it is behind", () => {
  using node = new Reporter();
  node.time.now += 1_000;
  node.arrive(100);
  node.apply(1);
  assert.deepEqual(node.told(), [], "nothing is known of a part of the events");
  for (let frames = 2; frames <= 40; frames++) {
    node.time.now += 100;
    node.apply(frames);
  }
  assert.deepEqual(node.told(), [0, 0, 0]);
  node.tick(1_000);
  assert.deepEqual(node.told(), [0]);
  node.tick(5_000);
  assert.deepEqual(node.told(), [], "the application stands still");
  node.apply(100);
  assert.deepEqual(node.told(), [100]);
});

Deno.test("AppliedReports does not repeat a report, when it is requested late", () => {
  using node = new Reporter();
  node.time.now += 1_000;
  node.arrive();
  node.apply(1);
  assert.deepEqual(node.told(), [1]);
  node.reports.request(node.place, 1);
  node.reports.noteApplied(node.connection, node.frames);
  assert.deepEqual(node.told(), []);
  node.reports.request(node.place, 2);
  node.arrive();
  node.apply(2);
  assert.deepEqual(node.told(), [2]);
});

Deno.test("AppliedReports reports nothing of a connection that has ended, when the publisher restarts", () => {
  using node = new Reporter();
  node.time.now += 1_000;
  node.arrive(3);
  node.reports.request(node.place, 3);
  node.apply(0);
  node.reports.end();
  node.places.end();
  node.places.restart("the publisher restarted");
  node.places.begin(node.place, 1);
  node.arrive(4);
  node.apply(3);
  assert.deepEqual(node.told(), [], "the application has no event of the new epoch");
});

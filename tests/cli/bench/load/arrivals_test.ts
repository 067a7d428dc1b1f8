import assert from "node:assert/strict";
import { decodeUpdate } from "../../../../service/event/codec/decode.ts";
import { dbUpdate } from "../../../../service/event/db_update.ts";
import { Arrivals, type ArrivalsOptions } from "../../../../cli/bench/load/arrivals.ts";
import {
  LoadEventWriter,
  type LoadPhase,
  loadTopics,
} from "../../../../cli/bench/load/load_event.ts";
import { FakeClock } from "../../../support/fakes/fake_clock.ts";

const RUN = "0a1b2c3d";
const [TOPIC = ""] = loadTopics(1);
const SIZE = 250;

interface Sent {
  readonly phase?: LoadPhase;
  readonly run?: string;
  readonly publisher?: number;
  readonly topic?: string;
  readonly ageMicros?: number;
}

function arrivals(options: Partial<ArrivalsOptions> = {}) {
  const clock = new FakeClock();
  const arrived = new Arrivals({ format: "map", clock, ...options });
  /** Events that arrive in one batch. */
  const receive = (numbers: readonly number[], sent: Sent = {}) => {
    const { phase = "measure", run = RUN, publisher = 1, topic = TOPIC, ageMicros = 0 } = sent;
    const stream = { run, publisher, topic };
    const writer = new LoadEventWriter(stream, { size: SIZE, format: "map", maxEventBytes: 1e6 });
    const sentAt = clock.micros() - ageMicros;
    arrived.receive(numbers.map((seq) => decodeUpdate(writer.write(phase, seq, sentAt), topic)));
  };
  return { arrived, receive, clock };
}

Deno.test("Arrivals counts events, bytes and latencies", () => {
  const { arrived, receive } = arrivals();
  receive([1, 2], { ageMicros: 200 });
  receive([3], { ageMicros: 100 });
  assert.deepEqual([arrived.received, arrived.bytes, arrived.lost], [3, 3 * SIZE, 0]);
  assert.deepEqual([arrived.latency.min, arrived.latency.max], [100, 200]);
});

Deno.test("Arrivals accounts for each publisher and topic separately", () => {
  const { arrived, receive } = arrivals();
  receive([1, 2, 3], { publisher: 1 });
  receive([1, 3], { publisher: 2 });
  receive([1, 4], { publisher: 1, topic: "df-pubsub-bench.2" });
  receive([4, 4], { publisher: 2 });
  assert.deepEqual([arrived.expected, arrived.received, arrived.lost], [11, 8, 3]);
  assert.equal(arrived.duplicates, 1);
});

Deno.test("Arrivals ignores other events, and other loads when it has a load to follow", () => {
  const { arrived, receive } = arrivals({ run: RUN });
  arrived.receive([dbUpdate({ table: "lport", key: "1", action: "log", value: "m" })]);
  receive([1, 2], { run: "ffffffff" });
  assert.deepEqual([arrived.received, arrived.receivedAt], [0, undefined]);
  receive([2]);
  assert.deepEqual([arrived.received, arrived.lost, arrived.before], [1, 1, 0]);
});

Deno.test("Arrivals counts only later events of a load, when it joins late", () => {
  const { arrived, receive } = arrivals();
  receive([101, 102, 104]);
  assert.deepEqual([arrived.expected, arrived.lost, arrived.before], [4, 1, 100]);
});

Deno.test("Arrivals counts missing first numbers of a stream, when it received the stream's warm-up", () => {
  const { arrived, receive } = arrivals();
  receive([1, 2, 3], { phase: "warmup" });
  receive([3]);
  assert.deepEqual([arrived.received, arrived.lost, arrived.before], [1, 2, 0]);
});

Deno.test("Arrivals learns from the end of a stream which numbers are missing there", () => {
  const { arrived, receive } = arrivals();
  receive([1, 2]);
  receive([1], { publisher: 2 });
  receive([1], { publisher: 2, phase: "end" });
  assert.equal(arrived.hasEnded, false);
  receive([5], { phase: "end" });
  assert(arrived.hasEnded);
  assert.deepEqual([arrived.expected, arrived.lost], [6, 3]);
});

Deno.test("Arrivals counts a stream as lost, when it is announced and no event of it arrived", () => {
  const { arrived } = arrivals({ run: RUN });
  arrived.expect({ run: RUN, publisher: 3, topic: TOPIC }, 10);
  assert.deepEqual([arrived.expected, arrived.lost, arrived.received], [10, 10, 0]);
});

Deno.test("Arrivals excludes warm-up events, and does not count them as missing", async () => {
  const { arrived, receive, clock } = arrivals({ warmupMs: 1_000 });
  receive([1, 2]);
  await clock.advance(999);
  receive([3]);
  await clock.advance(1);
  receive([4, 6]);
  assert.deepEqual([arrived.received, arrived.lost], [2, 1]);
  assert.deepEqual([arrived.firstAt, arrived.lastAt], [1_000, 1_000]);
});

Deno.test("Arrivals counts up to its limit, and counts nothing as missing after it", () => {
  const { arrived, receive } = arrivals({ limit: 3 });
  receive([1, 2, 3, 4]);
  receive([9], { phase: "end" });
  assert.deepEqual([arrived.received, arrived.expected, arrived.lost], [3, 3, 0]);
});

Deno.test("Arrivals counts events from the future, without a latency", () => {
  const { arrived, receive } = arrivals();
  receive([1], { ageMicros: -500 });
  receive([2], { ageMicros: 500 });
  assert.deepEqual([arrived.negative, arrived.latency.min], [1, 0]);
});

import assert from "node:assert/strict";
import { finishBench } from "../../../cli/bench/bench_end.ts";
import { reportBench } from "../../../cli/bench/bench_report.ts";
import {
  type BenchResult,
  percent,
  type ReceivedFigures,
  throughput,
  withoutOthers,
} from "../../../cli/bench/bench_result.ts";
import { measuresOf, totalReceived } from "../../../cli/bench/total_received.ts";
import { DriverError } from "../../../drivers/contract/errors.ts";
import { LatencyHistogram } from "../../../cli/bench/load/latency_histogram.ts";
import { judge } from "../../../cli/bench/load/verdict.ts";
import { FakeIo } from "../../support/fakes/fake_io.ts";

interface Got {
  readonly events: number;
  readonly lost: number;
  readonly seconds: number;
  readonly micros: readonly number[];
}

function received({ events, lost, seconds, micros }: Got): ReceivedFigures {
  const latency = new LatencyHistogram();
  for (const each of micros) latency.record(each);
  const expected = events + lost;
  const others = { duplicates: 1, late: 2 };
  const lossPercent = percent(lost, expected);
  return {
    ...throughput(events, events * 250, seconds * 1000),
    expected,
    lost,
    lossPercent,
    latency,
    ...others,
  };
}

const FAST = received({ events: 1_000, lost: 0, seconds: 1, micros: [100, 200] });
const SLOW = received({ events: 750, lost: 250, seconds: 2, micros: [40_000] });

function result(limits: Parameters<typeof judge>[0] = {}): BenchResult {
  const subscribers = [FAST, SLOW];
  const total = totalReceived(subscribers);
  return {
    name: "relay",
    setup: { size: 250, subscribers: 2, rate: undefined },
    isInterrupted: false,
    sent: {
      ...throughput(1_000, 250_000, 1_000),
      acceptance: {
        sent: 1_001,
        accepted: 1_000,
        refused: 0,
        uncertain: 1,
        isAcknowledged: true,
        isInterrupted: false,
      },
      flushed: true,
      lossPercent: percent(1, 1_001),
    },
    received: total,
    subscribers,
    verdicts: judge(limits, measuresOf(total, subscribers)),
    notes: ["a note"],
  };
}

Deno.test("totalReceived adds up, and measuresOf uses the rate of the slowest subscriber", () => {
  const { events, lost, expected, lossPercent, seconds, eventsPerSecond } = totalReceived([
    FAST,
    SLOW,
  ]);
  assert.deepEqual([events, lost, expected, lossPercent], [1_750, 250, 2_000, 12.5]);
  assert.deepEqual([seconds, eventsPerSecond], [2, 875]);
  const total = totalReceived([FAST, SLOW]);
  assert.deepEqual(measuresOf(total, [FAST, SLOW]), { p99Ms: 40, lossPercent: 12.5, rate: 375 });
});

Deno.test("measuresOf has no measurements, when a subscriber received nothing", () => {
  const none = received({ events: 0, lost: 0, seconds: 0, micros: [] });
  const nothing = { p99Ms: undefined, lossPercent: undefined, rate: undefined };
  assert.deepEqual(measuresOf(totalReceived([none]), [none]), nothing);
});

Deno.test("reportBench shows one line per measurement on a terminal, and verdicts with value and limit", () => {
  const io = new FakeIo({ isTerminal: true });
  reportBench(result({ maxP99: 50, maxLoss: 0, minRate: 500 }), {}, io);
  assert.deepEqual(io.out.text.split("\n"), [
    "bench relay   size 250, subscribers 2",
    "sent          1,000 events in 1.00 s: 1,000/s, 0.25 MB/s",
    "accepted      1,000 of 1,001, 0 refused, 1 uncertain",
    "received      1,750 events in 2.00 s: 875/s, 0.219 MB/s",
    "lost          250 of 2,000 (12.5 %); 2 duplicates, 4 late",
    "latency [ms]  min 0.1 mean 13.433 p50 0.2 p90 40 p95 40 p99 40 p99.9 40 max 40",
    "  1           1,000 events in 1.00 s: 1,000/s, 0.25 MB/s, 0 lost",
    "  2           750 events in 2.00 s: 375/s, 0.0938 MB/s, 250 lost",
    "--max-p99     met: is 40 ms, wanted 50 ms",
    "--max-loss    missed: is 12.5 %, wanted 0 %",
    "--min-rate    missed: is 375 /s, wanted 500 /s",
    "",
  ]);
  assert.equal(io.err.text, "a note\n");
});

Deno.test("reportBench writes one JSON object, when piped or with --json on a terminal", () => {
  const piped = new FakeIo();
  const shown = new FakeIo({ isTerminal: true });
  reportBench(result({ maxLoss: 0 }), {}, piped);
  reportBench(result({ maxLoss: 0 }), { json: true }, shown);
  assert.equal(piped.out.text, shown.out.text);
  const { bench, met, verdicts, sent, received, subscribers, notes } = JSON.parse(piped.out.text);
  assert.deepEqual([bench, met, notes], ["relay", false, ["a note"]]);
  assert.deepEqual(verdicts, [{ name: "max-loss", wanted: 0, unit: "%", is: 12.5, met: false }]);
  assert.deepEqual([sent.accepted, sent.uncertain, sent.eventsPerSecond], [1_000, 1, 1_000]);
  assert.deepEqual([received.lost, received.lossPercent, received.latencyMs.p99_9], [
    250,
    12.5,
    40,
  ]);
  assert.deepEqual(subscribers.map(({ events }: { events: number }) => events), [1_000, 750]);
});

Deno.test("reportBench --csv writes a header and rows with equally many unquoted fields", () => {
  const io = new FakeIo();
  reportBench(result({ maxLoss: 50 }), { csv: true }, io);
  assert(io.out.text.endsWith("\n"));
  const [header = [], ...rows] = io.out.text.trimEnd().split("\n").map((line) => line.split(","));
  assert.deepEqual(rows.map((row) => row.length), rows.map(() => header.length));
  const column = (name: string) => rows.map((row) => row[header.indexOf(name)]);
  assert.deepEqual(column("scope"), ["sent", "received", "subscriber 1", "subscriber 2"]);
  assert.deepEqual(column("events"), ["1000", "1750", "1000", "750"]);
  assert.deepEqual(column("accepted"), ["1000", "", "", ""]);
  assert.deepEqual(column("lost"), ["", "250", "0", "250"]);
  assert.deepEqual(column("p99_9_ms"), ["", "40", "0.2", "40"]);
  assert.deepEqual(column("verdict"), ["met", "met", "met", "met"]);
});

Deno.test("finishBench exits 0, 1 for a missed limit, 5 when no event arrived, or with the code of the interruption", () => {
  const code = (found: BenchResult, failure?: unknown) =>
    finishBench(found, { flags: {}, io: new FakeIo(), failure });
  const none = received({ events: 0, lost: 0, seconds: 0, micros: [] });
  assert.equal(code(result()), 0);
  assert.equal(code(result({ maxLoss: 50 })), 0);
  assert.equal(code(result({ maxLoss: 1 })), 1);
  assert.equal(code({ ...result(), received: none }), 5);
  assert.equal(code({ ...result({ maxLoss: 1 }), received: none }), 1);
  assert.equal(code(result(), new DriverError("NO_PUBLISHER_SERVICE", "gone")), 3);
});

Deno.test("finishBench prints no notes with --quiet, unless no event arrived", () => {
  const talk = (found: BenchResult) => {
    const io = new FakeIo();
    finishBench(found, { flags: { quiet: true }, io });
    return io.err.text;
  };
  assert.equal(talk(result()), "");
  const none = received({ events: 0, lost: 0, seconds: 0, micros: [] });
  assert.equal(talk({ ...result(), received: none }), "a note\n");
});

Deno.test("withoutOthers leaves as many answers as events, and counts every bad one for them", () => {
  const answers = { isAcknowledged: true, isInterrupted: false };
  const counts = (accepted: number, refused: number, uncertain: number) => {
    const all = { sent: accepted + refused + uncertain, accepted, refused, uncertain, ...answers };
    const left = withoutOthers(all, 10);
    return [left.sent, left.accepted, left.refused, left.uncertain];
  };
  assert.deepEqual(counts(110, 0, 0), [100, 100, 0, 0]);
  assert.deepEqual(counts(105, 2, 3), [100, 95, 2, 3]);
  assert.deepEqual(counts(0, 0, 110), [100, 0, 0, 100]);
  assert.deepEqual(counts(5, 0, 0), [0, 0, 0, 0]);
});

const SETTINGS = Array.from({ length: 12 }, (_, i) => [`setting-${i}`, i] as const);

Deno.test("reportBench wraps a line that is wider than the terminal", () => {
  const io = new FakeIo({ isTerminal: true });
  const wide = { ...result({}), setup: Object.fromEntries(SETTINGS) };
  reportBench(wide, {}, io);
  const lines = io.out.text.split("\n");
  for (const line of lines) assert(line.length <= 80, line);
  assert.match(lines[0] ?? "", /^bench relay {3}setting-0 0, setting-1 1/);
  assert.match(lines[1] ?? "", /^ {14}setting-\d+ \d+/);
  const latency = lines.findIndex((line) => line.startsWith("latency"));
  assert.match(lines[latency] ?? "", /^latency \[ms\] {2}min 0\.1 mean/);
});

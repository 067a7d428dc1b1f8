import type { AcceptanceReport } from "../../service/publish/acceptance_report.ts";
import type { LatencyHistogram } from "./load/latency_histogram.ts";
import type { Verdict } from "./load/verdict.ts";

/** Which of the benches it was. */
export type BenchName = "pub" | "sub" | "relay" | "latency";

/** What one side of a load came to: so many, in such a time. */
export interface Throughput {
  readonly events: number;
  /** Of their payloads, without the positions at their ends. */
  readonly bytes: number;
  readonly seconds: number;
  /** Undefined when it took no time that could be measured. */
  readonly eventsPerSecond: number | undefined;
  readonly bytesPerSecond: number | undefined;
}

/** What became of the events that were sent. */
export interface SentFigures extends Throughput {
  /** What the service says of all events, those of warm-up and end included. */
  readonly acceptance: AcceptanceReport | undefined;
  /** Whether all that was sent has left this process, or a broker has confirmed it. */
  readonly flushed: boolean;
  /** Of all events, the share that is not known to be with the service; undefined when nobody tells. */
  readonly lossPercent: number | undefined;
}

/** What one subscriber, or all together, got. */
export interface ReceivedFigures extends Throughput {
  /** How many it should have been. */
  readonly expected: number;
  readonly lost: number;
  /** Undefined when nothing was expected. */
  readonly lossPercent: number | undefined;
  readonly duplicates: number;
  /** Events that came after a later one. */
  readonly late: number;
  readonly latency: LatencyHistogram;
}

/** What a bench found out. */
export interface BenchResult {
  readonly name: BenchName;
  /** What it ran with, in the words of its flags. */
  readonly setup: Readonly<Record<string, number | undefined>>;
  readonly isInterrupted: boolean;
  readonly sent?: SentFigures | undefined;
  readonly received?: ReceivedFigures | undefined;
  /** One for each subscriber. */
  readonly subscribers?: readonly ReceivedFigures[] | undefined;
  readonly verdicts: readonly Verdict[];
  /** What a reader of the figures has to know. */
  readonly notes: readonly string[];
}

/** Events and bytes within a number of milliseconds. */
export function throughput(events: number, bytes: number, ms: number): Throughput {
  const perSecond = (count: number) => ms > 0 ? count * 1000 / ms : undefined;
  const seconds = ms / 1000;
  return {
    events,
    bytes,
    seconds,
    eventsPerSecond: perSecond(events),
    bytesPerSecond: perSecond(bytes),
  };
}

/** A share in percent; undefined of nothing. */
export function percent(part: number, whole: number): number | undefined {
  return whole > 0 ? part * 100 / whole : undefined;
}

const PERCENTILES = { p50: 50, p90: 90, p95: 95, p99: 99, p99_9: 99.9 } as const;

/** Latencies in milliseconds. */
export type LatencySummary = Readonly<
  Record<"min" | "mean" | keyof typeof PERCENTILES | "max", number>
>;

/** A histogram of microseconds in figures; undefined of nothing. */
export function latencySummary(latency: LatencyHistogram): LatencySummary | undefined {
  if (latency.count === 0) return undefined;
  const at = (share: number) => msOf(latency.percentile(share));
  return {
    min: msOf(latency.min),
    mean: msOf(latency.mean),
    p50: at(PERCENTILES.p50),
    p90: at(PERCENTILES.p90),
    p95: at(PERCENTILES.p95),
    p99: at(PERCENTILES.p99),
    p99_9: at(PERCENTILES.p99_9),
    max: msOf(latency.max),
  };
}

function msOf(micros = 0): number {
  return Math.round(micros) / 1000;
}

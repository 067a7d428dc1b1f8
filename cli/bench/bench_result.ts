import type { AcceptanceReport } from "../../service/publish/acceptance_report.ts";
import type { LatencyHistogram } from "./load/latency_histogram.ts";
import type { Verdict } from "./load/verdict.ts";

/** The name of a bench command. */
export type BenchName = "pub" | "sub" | "relay" | "latency";

/** Events and bytes of one side of a load, and their time. */
export interface Throughput {
  readonly events: number;
  /** Bytes of the payloads, without the positions at their ends. */
  readonly bytes: number;
  readonly seconds: number;
  /** Undefined if the time is too short to be measured. */
  readonly eventsPerSecond: number | undefined;
  readonly bytesPerSecond: number | undefined;
}

/** The sent events. */
export interface SentFigures extends Throughput {
  /** The answers for these events; see {@linkcode withoutOthers}. */
  readonly acceptance: AcceptanceReport | undefined;
  /** Whether all events have left this process, or a broker has confirmed them. */
  readonly flushed: boolean;
  /**
   * Percentage of all events that may not have reached the service; undefined if nobody reports it.
   */
  readonly lossPercent: number | undefined;
}

/** The events that one subscriber, or all together, received. */
export interface ReceivedFigures extends Throughput {
  /** Number of events that it should have received. */
  readonly expected: number;
  readonly lost: number;
  /** Undefined if no event was expected. */
  readonly lossPercent: number | undefined;
  readonly duplicates: number;
  /** Events that arrived after a later one. */
  readonly late: number;
  readonly latency: LatencyHistogram;
}

/** The result of a bench. */
export interface BenchResult {
  readonly name: BenchName;
  /** Its settings by the names of its flags. */
  readonly setup: Readonly<Record<string, number | undefined>>;
  readonly isInterrupted: boolean;
  readonly sent?: SentFigures | undefined;
  readonly received?: ReceivedFigures | undefined;
  /** One for each subscriber. */
  readonly subscribers?: readonly ReceivedFigures[] | undefined;
  readonly verdicts: readonly Verdict[];
  /** Notes that explain the figures. */
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

/**
 * The answers without those for `others` accepted events of warm-up and end. A publisher does not
 * know for which event an answer was bad, so bad answers count for the remaining events.
 */
export function withoutOthers(all: AcceptanceReport, others: number): AcceptanceReport {
  const sent = Math.max(0, all.sent - others);
  const uncertain = Math.min(all.uncertain, sent);
  const refused = Math.min(all.refused, sent - uncertain);
  return { ...all, sent, accepted: sent - refused - uncertain, refused, uncertain };
}

/** A percentage; undefined if the whole is 0. */
export function percent(part: number, whole: number): number | undefined {
  return whole > 0 ? part * 100 / whole : undefined;
}

const PERCENTILES = { p50: 50, p90: 90, p95: 95, p99: 99, p99_9: 99.9 } as const;

/** Latencies in milliseconds. */
export type LatencySummary = Readonly<
  Record<"min" | "mean" | keyof typeof PERCENTILES | "max", number>
>;

/** Summarizes a histogram of microseconds; undefined if it is empty. */
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

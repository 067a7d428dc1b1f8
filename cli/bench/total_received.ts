import { LatencyHistogram } from "./load/latency_histogram.ts";
import type { LoadMeasures } from "./load/verdict.ts";
import { percent, type ReceivedFigures, throughput } from "./bench_result.ts";

/** The sum of all subscribers, over the time of the slowest one. */
export function totalReceived(each: readonly ReceivedFigures[]): ReceivedFigures {
  const sum = (figure: (received: ReceivedFigures) => number) =>
    each.reduce((total, received) => total + figure(received), 0);
  const latency = new LatencyHistogram();
  for (const received of each) latency.add(received.latency);
  const ms = Math.max(0, ...each.map(({ seconds }) => seconds * 1000));
  const expected = sum((received) => received.expected);
  const lost = sum((received) => received.lost);
  return {
    ...throughput(sum(({ events }) => events), sum(({ bytes }) => bytes), ms),
    expected,
    lost,
    lossPercent: percent(lost, expected),
    duplicates: sum(({ duplicates }) => duplicates),
    late: sum(({ late }) => late),
    latency,
  };
}

/**
 * The values for the verdicts: all latencies and losses, and the rate of the slowest subscriber.
 */
export function measuresOf(
  total: ReceivedFigures,
  each: readonly ReceivedFigures[],
): LoadMeasures {
  const p99 = total.latency.percentile(99);
  const rates = each.map(({ eventsPerSecond }) => eventsPerSecond);
  return {
    p99Ms: p99 === undefined ? undefined : p99 / 1000,
    lossPercent: total.lossPercent,
    rate: rates.some((rate) => rate === undefined)
      ? undefined
      : Math.min(...rates.map((rate) => rate ?? 0)),
  };
}

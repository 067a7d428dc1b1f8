import {
  type BenchResult,
  latencySummary,
  type ReceivedFigures,
  type SentFigures,
  type Throughput,
} from "./bench_result.ts";

const COLUMNS = [
  "bench",
  "scope",
  "events",
  "bytes",
  "seconds",
  "events_per_second",
  "bytes_per_second",
  "accepted",
  "refused",
  "uncertain",
  "expected",
  "lost",
  "loss_percent",
  "duplicates",
  "late",
  "min_ms",
  "mean_ms",
  "p50_ms",
  "p90_ms",
  "p95_ms",
  "p99_ms",
  "p99_9_ms",
  "max_ms",
  "verdict",
] as const;

type Row = Partial<Record<typeof COLUMNS[number], string | number | undefined>>;

/**
 * A header and rows: one for `sent`, one for `received`, and with several subscribers one for each.
 * A field without a value is empty, and no field contains a comma.
 */
export function csvReport(result: BenchResult): string {
  const { name, sent, received, subscribers = [], verdicts } = result;
  const met = verdicts.every(({ isMet }) => isMet) ? "met" : "missed";
  const verdict = verdicts.length === 0 ? undefined : met;
  const rows: Row[] = [];
  if (sent !== undefined) rows.push({ scope: "sent", ...sentRow(sent) });
  if (received !== undefined) rows.push({ scope: "received", ...receivedRow(received) });
  if (subscribers.length > 1) {
    rows.push(...subscribers.map((each, index) => (
      { scope: `subscriber ${index + 1}`, ...receivedRow(each) }
    )));
  }
  const lines = rows.map((row) => rowLine({ bench: name, ...row, verdict }));
  return [COLUMNS.join(","), ...lines, ""].join("\n");
}

function rowLine(row: Row): string {
  return COLUMNS.map((column) => row[column] ?? "").join(",");
}

function sentRow(sent: SentFigures): Row {
  const { acceptance, lossPercent } = sent;
  const told = acceptance?.isAcknowledged ? acceptance : undefined;
  const { accepted, refused, uncertain } = told ?? {};
  const counts = { accepted, refused, uncertain, loss_percent: share(lossPercent) };
  return { ...throughputRow(sent), ...counts };
}

function receivedRow(received: ReceivedFigures): Row {
  const { expected, lost, lossPercent, duplicates, late } = received;
  const counts = { expected, lost, loss_percent: share(lossPercent), duplicates, late };
  const latencies = Object.entries(latencySummary(received.latency) ?? {});
  const inMs = Object.fromEntries(latencies.map(([name, ms]) => [`${name}_ms`, ms]));
  return { ...throughputRow(received), ...counts, ...inMs };
}

function throughputRow(figures: Throughput): Row {
  const { events, bytes, seconds, eventsPerSecond, bytesPerSecond } = figures;
  return {
    events,
    bytes,
    seconds: seconds.toFixed(6),
    events_per_second: eventsPerSecond?.toFixed(1),
    bytes_per_second: bytesPerSecond?.toFixed(1),
  };
}

function share(percent: number | undefined): number | undefined {
  return percent === undefined ? undefined : Number(percent.toPrecision(8));
}

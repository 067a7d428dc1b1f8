import {
  type BenchResult,
  latencySummary,
  type ReceivedFigures,
  type SentFigures,
  type Throughput,
} from "./bench_result.ts";

/** The result as one line of JSON; a value that was not measured is null. */
export function jsonReport(result: BenchResult): string {
  const { name, setup, isInterrupted, sent, received, subscribers, verdicts, notes } = result;
  const report = {
    bench: name,
    setup,
    interrupted: isInterrupted,
    ...(sent && { sent: sentObject(sent) }),
    ...(received && { received: receivedObject(received) }),
    ...(subscribers && { subscribers: subscribers.map(receivedObject) }),
    verdicts: verdicts.map(({ isMet, is, ...rest }) => ({ ...rest, is: share(is), met: isMet })),
    met: verdicts.length === 0 ? null : verdicts.every(({ isMet }) => isMet),
    notes,
  };
  return `${JSON.stringify(report)}\n`;
}

function sentObject(sent: SentFigures): object {
  const { acceptance, flushed, lossPercent } = sent;
  const told = acceptance?.isAcknowledged
    ? {
      acknowledged: true,
      accepted: acceptance.accepted,
      refusedByService: acceptance.refused,
      uncertain: acceptance.uncertain,
    }
    : { acknowledged: false };
  return { ...throughputObject(sent), flushed, ...told, lossPercent: share(lossPercent) };
}

function receivedObject(received: ReceivedFigures): object {
  const { expected, lost, duplicates, late, latency } = received;
  const lossPercent = share(received.lossPercent);
  const counts = { expected, lost, lossPercent, duplicates, late };
  const latencyMs = latencySummary(latency) ?? null;
  return { ...throughputObject(received), ...counts, latencyMs };
}

function throughputObject(figures: Throughput): object {
  const { events, bytes, seconds, eventsPerSecond, bytesPerSecond } = figures;
  return {
    events,
    bytes,
    seconds: Number(seconds.toFixed(6)),
    eventsPerSecond: rounded(eventsPerSecond),
    bytesPerSecond: rounded(bytesPerSecond),
  };
}

/** Enough digits to show one event in a million. */
function share(number: number | undefined): number | null {
  return number === undefined ? null : Number(number.toPrecision(8));
}

function rounded(number: number | undefined): number | null {
  return number === undefined ? null : Math.round(number * 10) / 10;
}

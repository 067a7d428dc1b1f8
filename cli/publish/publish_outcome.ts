import type { AcceptanceReport } from "../../service/publish/acceptance_report.ts";
import type { Io } from "../terminal/io.ts";
import { ignoringClosed } from "../terminal/ignoring_errors.ts";

/** What became of the events that a command was to publish. */
export interface Outcome {
  /** Sent to the publisher service, or to the broker. */
  readonly published: number;
  readonly refused: number;
  /** False when some of those published may not have been read by the service. */
  readonly flushed: boolean;
  /** What the publisher service, or the broker, says of those published. */
  readonly acceptance?: AcceptanceReport;
  /** Seen on the network side; absent when nobody looked. */
  readonly confirmed?: number;
  readonly latenciesMs?: readonly number[];
}

/** Reports to people on stderr and to programs on stdout; uncertain events also with `--quiet`. */
export function reportOutcome(
  outcome: Outcome,
  flags: { readonly json?: true | undefined; readonly quiet?: boolean | undefined },
  io: Io,
): void {
  const { confirmed, latenciesMs, acceptance, ...base } = outcome;
  const latency = latenciesMs && latenciesMs.length > 0 ? summaryOf(latenciesMs) : undefined;
  const out = ignoringClosed(io.out);
  const asJson = flags.json || (confirmed !== undefined && !out.isTerminal);
  if (asJson) {
    const more = confirmed === undefined ? {} : { confirmed, latencyMs: latency ?? null };
    out.write(`${JSON.stringify({ ...base, ...countsOf(acceptance), ...more })}\n`);
  } else if (confirmed !== undefined) {
    out.write(`confirmed ${events(confirmed)}${latency ? `: ${latencyText(latency)}` : ""}\n`);
  }
  if (!flags.quiet) {
    io.err.write(`published ${events(base.published)}, refused ${base.refused}\n`);
  }
  if (!isAllCertain(outcome)) io.err.write(`${uncertainText(outcome)}\n`);
}

/** Whether everything published is known to be with the service, or the broker. */
export function isAllCertain(outcome: Outcome): boolean {
  const { acceptance, published, flushed } = outcome;
  if (published === 0) return true;
  if (!acceptance?.isAcknowledged) return flushed;
  return !hasUncertain(outcome);
}

/** Whether the service has refused some of what was published, or is silent about it. */
export function hasUncertain({ acceptance }: Outcome): boolean {
  if (!acceptance?.isAcknowledged) return false;
  return acceptance.refused > 0 || acceptance.uncertain > 0;
}

function uncertainText({ acceptance }: Outcome): string {
  if (!acceptance?.isAcknowledged) {
    return "Whether the service has read all of them is not known: some may be lost";
  }
  const { accepted, refused, uncertain, isInterrupted, isBroker } = acceptance;
  const who = isBroker ? "broker" : "service";
  const counts = `${accepted} accepted by the ${who}, ${refused} refused by it, ` +
    `${uncertain} uncertain`;
  return isInterrupted ? `${counts}: the connection to it was lost` : counts;
}

function countsOf(acceptance: AcceptanceReport | undefined): object {
  if (acceptance === undefined) return {};
  const { accepted, refused, uncertain, isAcknowledged } = acceptance;
  if (!isAcknowledged) return { acknowledged: false };
  return { acknowledged: true, accepted, refusedByService: refused, uncertain };
}

function events(count: number): string {
  return count === 1 ? "1 event" : `${count} events`;
}

interface LatencySummary {
  readonly min: number;
  readonly median: number;
  readonly max: number;
}

function summaryOf(latenciesMs: readonly number[]): LatencySummary {
  const sorted = latenciesMs.toSorted((a, b) => a - b);
  const at = (index: number) => Math.round((sorted[index] ?? 0) * 1000) / 1000;
  return { min: at(0), median: at(sorted.length >> 1), max: at(sorted.length - 1) };
}

function latencyText({ min, median, max }: LatencySummary): string {
  return min === max ? `${median} ms` : `${min} to ${max} ms, median ${median} ms`;
}

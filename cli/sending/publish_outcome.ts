import type { AcceptanceReport } from "../../service/publish/acceptance_report.ts";
import type { Io } from "../terminal/io.ts";
import { ignoringClosed } from "../terminal/ignoring_errors.ts";
import { counted } from "../terminal/quantities.ts";

/** The result of publishing. */
export interface Outcome {
  /** Number of events sent to the publisher service, or to the broker. */
  readonly published: number;
  readonly refused: number;
  /** False if the service may not have read some of the published events. */
  readonly flushed: boolean;
  /** The answers of the publisher service, or of the broker. */
  readonly acceptance?: AcceptanceReport;
  /** Number of events received from the network; absent without --confirm. */
  readonly confirmed?: number;
  readonly latenciesMs?: readonly number[];
}

/**
 * Reports to people on stderr and to programs on stdout; uncertain events even with `--quiet`. If
 * stdout fails, people get their report nevertheless.
 *
 * @throws {Error} if stdout fails, unless its reader has closed it
 */
export function reportOutcome(outcome: Outcome, flags: ReportFlags, io: Io): void {
  try {
    printOutcome(outcome, flags, io);
  } finally {
    if (!flags.quiet) {
      const { published, refused } = outcome;
      io.err.write(`published ${counted(published, "event")}, refused ${refused}\n`);
    }
    if (!isAllCertain(outcome)) io.err.write(`${uncertainText(outcome)}\n`);
  }
}

interface ReportFlags {
  readonly json?: true | undefined;
  readonly quiet?: boolean | undefined;
}

function printOutcome(outcome: Outcome, flags: ReportFlags, io: Io): void {
  const { confirmed, latenciesMs, acceptance, ...base } = outcome;
  const latency = latenciesMs && latenciesMs.length > 0 ? summaryOf(latenciesMs) : undefined;
  const out = ignoringClosed(io.out);
  const asJson = flags.json || (confirmed !== undefined && !out.isTerminal);
  if (asJson) {
    const more = confirmed === undefined ? {} : { confirmed, latencyMs: latency ?? null };
    out.write(`${JSON.stringify({ ...base, ...countsOf(acceptance), ...more })}\n`);
  } else if (confirmed !== undefined) {
    out.write(
      `confirmed ${counted(confirmed, "event")}${latency ? `: ${latencyText(latency)}` : ""}\n`,
    );
  }
}

/** Whether the service, or the broker, certainly has everything that was published. */
export function isAllCertain(outcome: Outcome): boolean {
  const { acceptance, published, flushed } = outcome;
  if (published === 0) return true;
  if (!acceptance?.isAcknowledged) return flushed;
  return !hasUncertain(outcome);
}

/** Whether the service has refused some events, or has not answered for them. */
export function hasUncertain({ acceptance }: Outcome): boolean {
  if (!acceptance?.isAcknowledged) return false;
  return acceptance.refused > 0 || acceptance.uncertain > 0;
}

function uncertainText({ acceptance }: Outcome): string {
  if (!acceptance?.isAcknowledged) {
    return "The service may not have read all of them: some may be lost";
  }
  const { accepted, refused, uncertain, isInterrupted, isBroker } = acceptance;
  const who = isBroker ? "broker" : "service";
  const counts = `the ${who} accepted ${accepted} and refused ${refused}; ` +
    `${uncertain} are uncertain`;
  return isInterrupted ? `${counts}: the connection was lost` : counts;
}

function countsOf(acceptance: AcceptanceReport | undefined): object {
  if (acceptance === undefined) return {};
  const { accepted, refused, uncertain, isAcknowledged } = acceptance;
  if (!isAcknowledged) return { acknowledged: false };
  return { acknowledged: true, accepted, refusedByService: refused, uncertain };
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

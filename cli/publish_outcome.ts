import type { Io } from "./io.ts";

/** What became of the events that a command was to publish. */
export interface Outcome {
  /** Taken by the publisher service, or the broker. */
  readonly published: number;
  readonly refused: number;
  /** False when some of those published may not have been read by the service. */
  readonly flushed: boolean;
  /** Seen on the network side; absent when nobody looked. */
  readonly confirmed?: number;
  readonly latenciesMs?: readonly number[];
}

/** Tells people on stderr, and programs on stdout. */
export function reportOutcome(
  outcome: Outcome,
  flags: { readonly json?: true | undefined; readonly quiet?: boolean | undefined },
  io: Io,
): void {
  const { confirmed, latenciesMs, ...base } = outcome;
  const latency = latenciesMs && latenciesMs.length > 0 ? summaryOf(latenciesMs) : undefined;
  const asJson = flags.json || (confirmed !== undefined && !io.out.isTerminal);
  if (asJson) {
    const more = confirmed === undefined ? {} : { confirmed, latencyMs: latency ?? null };
    io.out.write(`${JSON.stringify({ ...base, ...more })}\n`);
  } else if (confirmed !== undefined) {
    io.out.write(`confirmed ${events(confirmed)}${latency ? `: ${latencyText(latency)}` : ""}\n`);
  }
  if (flags.quiet) return;
  io.err.write(`published ${events(base.published)}, refused ${base.refused}\n`);
  if (!base.flushed) {
    io.err.write("Whether the service has read all of them is not known: some may be lost\n");
  }
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

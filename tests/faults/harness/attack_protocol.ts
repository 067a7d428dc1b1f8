/** The topic of the healthy pair. */
export const HEALTHY_TOPIC = "healthy";
/** The topic whose events fill the publisher's log. */
export const HEAVY_TOPIC = "heavy";
/** Milliseconds since 1970 with fractions, from the same clock in every process. */
export function now(): number {
  return performance.timeOrigin + performance.now();
}

/** What the healthy subscriber has observed since the last request. */
export interface HealthyReport {
  readonly received: number;
  /** Events that did not arrive, and gaps that the driver reported. */
  readonly missing: number;
  readonly gaps: number;
  /** Events that the gaps report as lost. */
  readonly reported: number;
  /** The reasons for which connections have ended. */
  readonly disconnected: readonly string[];
  /** The number of the next event for the subscriber that is furthest behind. */
  readonly next: number;
  readonly p50: number;
  readonly p99: number;
  readonly max: number;
}

/** The time that a new subscriber took until it was live. */
export interface JoinReport {
  readonly joinedMs: number;
}

/** The status of the attacked publisher. */
export interface PublisherReport {
  readonly refused: Readonly<Record<string, number>>;
  readonly peers: number;
  /** Used heap in MB. */
  readonly heap: number;
  readonly warnings: readonly string[];
  readonly sent: number;
  /** Events that were skipped because subscribers were too slow. */
  readonly skipped: number;
  /**
   * The times at which a subscriber fell behind the whole log, and at which the warning was logged.
   */
  readonly overAt: number | undefined;
  readonly warnedAt: number | undefined;
}

/** Parses options from arguments, each `group.option=value`. */
export function overridesOf(args: readonly string[]): Record<string, string> {
  return Object.fromEntries(args.map((arg) => {
    const at = arg.indexOf("=");
    return [arg.slice(0, at), arg.slice(at + 1)];
  }));
}

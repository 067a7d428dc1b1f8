/** A rule of Prometheus that fires when someone has to act. */
export interface Alert {
  readonly name: string;
  readonly expr: string;
  /** Minimum duration of the condition. */
  readonly for?: string;
  readonly severity: "critical" | "warning";
  /** What is wrong and where; `{{ $labels.x }}` and `{{ $value }}` are placeholders. */
  readonly summary: string;
  /** Why it matters, and what to do. */
  readonly description: string;
  readonly test: AlertTest;
}

/** Series for which an alert fires, and series for which it does not. */
export interface AlertTest {
  /** Time of the evaluation, as `5m`. */
  readonly at: string;
  /** Name and labels of each series, then values for which the alert fires, then good ones. */
  readonly series: readonly (readonly [name: string, bad: string, good: string])[];
  /** The labels of the alert, besides its severity. */
  readonly labels: Readonly<Record<string, string>>;
  /** The value in its summary. */
  readonly value?: string;
}

/** A reference to the service in a summary. */
export const ON = "{{ $labels.instance }}";

/** The labels of the test series, in the form of a selector and in that of an alert. */
export const INSTANCE = 'instance="c1:8868"';
export const C1 = { instance: "c1:8868" };

type Text = Pick<Alert, "name" | "severity" | "summary" | "description">;

/** An alert for a counter that normally does not grow. */
export function onGrowth(
  metric: string,
  { labels, ...text }: Text & { readonly labels?: Readonly<Record<string, string>> },
): Alert {
  const grows = `increase(${metric}[10m]) > 0`;
  if (labels === undefined) {
    const series = [[`${metric}{${INSTANCE}}`, "0x5 7x5", "7x10"]] as const;
    return { ...text, expr: grows, test: { at: "8m", labels: C1, series } };
  }
  const named = Object.entries(labels).map(([name, value]) => `, ${name}="${value}"`).join("");
  const series = [
    [`${metric}{${INSTANCE}${named}}`, "_x15 7x5", "7x2 _x13 7x5"],
    [`up{${INSTANCE}}`, "1x20", "1x2 _x13 1x5"],
    [`process_start_time_seconds{${INSTANCE}}`, "0x20", "0x20"],
  ] as const;
  return {
    ...text,
    // A counter with labels appears with its first count, which `increase` does not see. An old
    // count also appears after a time without scrapes: the second line leaves that out.
    expr: `${grows} or (${metric} unless ${metric} offset 10m) > 0 and on (job, instance) ` +
      "(up offset 10m == 1 or time() - process_start_time_seconds < 900)",
    test: { at: "18m", labels: { ...C1, ...labels }, series },
  };
}

/** An alert for a histogram of which more than 1 % of values exceed a limit in seconds. */
export function onSlowness(
  histogram: string,
  { limit, labels = {}, ...text }: Text & {
    readonly limit: number;
    readonly labels?: Readonly<Record<string, string>>;
  },
): Alert {
  const by = ["instance", ...Object.keys(labels), "le"].join(", ");
  const quantile = `histogram_quantile(0.99, sum by (${by}) (rate(${histogram}_bucket[5m])))`;
  const named = Object.entries(labels).map(([name, value]) => `, ${name}="${value}"`).join("");
  const bucket = (le: number | string) => `${histogram}_bucket{${INSTANCE}${named}, le="${le}"}`;
  const [none, all] = ["0x30", "0+60x30"];
  const series = [
    [bucket(limit), none, all],
    [bucket(2 * limit), all, all],
    [bucket("+Inf"), all, all],
  ] as const;
  const test = { at: "20m", labels: { ...C1, ...labels }, series };
  return { ...text, expr: `${quantile} > ${limit}`, for: "10m", test };
}

/** Names and values that distinguish samples of a family. */
export type Labels = Readonly<Record<string, string>>;

/** One value of a family. */
export interface Sample {
  /** Appended to the family's name: `_bucket`, `_sum` or `_count` of a histogram. */
  readonly suffix?: string;
  /** Must differ between samples of one family and suffix. */
  readonly labels?: Labels;
  /** The current value. */
  readonly value: number;
}

/** All samples of one metric at the time of the reading. */
export interface MetricFamily {
  /** Follows Prometheus' conventions: it ends with the unit, and then `_total` for a counter. */
  readonly name: string;
  /** How the values behave. */
  readonly type: "counter" | "gauge" | "histogram";
  /** One sentence without a final period. */
  readonly help: string;
  /** May be empty: then the family is only announced. */
  readonly samples: readonly Sample[];
}

/** The content of a family that is not a histogram. */
export interface MetricContent {
  /** As in {@linkcode MetricFamily}. */
  readonly help: string;
  /** One value, or one for each label value. */
  readonly value: number | readonly Sample[];
}

/** A count that only grows, or one for each label value. */
export function counter(name: string, { help, value }: MetricContent): MetricFamily {
  return { name, type: "counter", help, samples: samplesOf(value) };
}

/** A value that goes up and down, or one for each label value. */
export function gauge(name: string, { help, value }: MetricContent): MetricFamily {
  return { name, type: "gauge", help, samples: samplesOf(value) };
}

/** Histograms of one family with their samples. */
export function histogram(
  name: string,
  content: Pick<MetricFamily, "help" | "samples">,
): MetricFamily {
  return { name, type: "histogram", ...content };
}

/** One sample for each entry of a record: `{ reason: key }` and its count. */
export function samplesBy(
  label: string,
  counts: Readonly<Record<string, number>>,
  more: Labels = {},
): Sample[] {
  return Object.entries(counts).map(([key, value]) => ({
    labels: { ...more, [label]: key },
    value,
  }));
}

function samplesOf(value: number | readonly Sample[]): readonly Sample[] {
  return typeof value === "number" ? [{ value }] : value;
}

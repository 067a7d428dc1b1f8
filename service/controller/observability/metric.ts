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

/** Name and help of a family. */
export interface MetricSpec {
  /** As in {@linkcode MetricFamily}. */
  readonly name: string;
  /** As in {@linkcode MetricFamily}. */
  readonly help: string;
}

/** A count that only grows, or one for each label value. */
export function counter(spec: MetricSpec, value: number | readonly Sample[]): MetricFamily {
  return { ...spec, type: "counter", samples: samplesOf(value) };
}

/** A value that goes up and down, or one for each label value. */
export function gauge(spec: MetricSpec, value: number | readonly Sample[]): MetricFamily {
  return { ...spec, type: "gauge", samples: samplesOf(value) };
}

/** Histograms of one family with their samples. */
export function histogram(spec: MetricSpec, samples: readonly Sample[]): MetricFamily {
  return { ...spec, type: "histogram", samples };
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

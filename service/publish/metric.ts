/** Names and values that tell samples of one family apart. */
export type Labels = Readonly<Record<string, string>>;

/** One number of a family. */
export interface Sample {
  /** What follows the family's name: `_bucket`, `_sum` or `_count` of a histogram. */
  readonly suffix?: string;
  /** Must differ between samples of one family and suffix. */
  readonly labels?: Labels;
  /** As of now. */
  readonly value: number;
}

/** All samples of one metric, as they were when it was read. */
export interface MetricFamily {
  /** By Prometheus' conventions: the unit at the end, and after it `_total` for a counter. */
  readonly name: string;
  /** How the values behave. */
  readonly type: "counter" | "gauge" | "histogram";
  /** One sentence, no final period. */
  readonly help: string;
  /** None is fine: then the family is only announced. */
  readonly samples: readonly Sample[];
}

/** A name and what it is about, to begin a family with. */
export interface MetricSpec {
  /** As of {@linkcode MetricFamily}. */
  readonly name: string;
  /** As of {@linkcode MetricFamily}. */
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

/** Histograms of one family, each with its samples. */
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

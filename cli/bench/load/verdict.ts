/** What a load must come to. */
export interface LoadLimits {
  /** The most milliseconds that 99 of 100 events may take. */
  readonly maxP99?: number | undefined;
  /** The most events that may be lost, in percent. */
  readonly maxLoss?: number | undefined;
  /** The fewest events a second. */
  readonly minRate?: number | undefined;
}

/** What it came to; undefined where it is not known, or nothing was measured. */
export interface LoadMeasures {
  readonly p99Ms: number | undefined;
  readonly lossPercent: number | undefined;
  readonly rate: number | undefined;
}

/** Whether one limit was kept. */
export interface Verdict {
  /** As the flag is called. */
  readonly name: "max-p99" | "max-loss" | "min-rate";
  readonly wanted: number;
  /** Undefined when there was nothing to judge by, which is no pass. */
  readonly is: number | undefined;
  readonly unit: "ms" | "%" | "/s";
  readonly isMet: boolean;
}

/** Judges what a load came to by each limit that is set. */
export function judge(limits: LoadLimits, measures: LoadMeasures): Verdict[] {
  const { maxP99, maxLoss, minRate } = limits;
  const { p99Ms, lossPercent, rate } = measures;
  const verdicts: (Verdict | undefined)[] = [
    atMost({ name: "max-p99", wanted: maxP99, is: p99Ms, unit: "ms" }),
    atMost({ name: "max-loss", wanted: maxLoss, is: lossPercent, unit: "%" }),
    atLeast({ name: "min-rate", wanted: minRate, is: rate, unit: "/s" }),
  ];
  return verdicts.filter((verdict) => verdict !== undefined);
}

interface Question extends Omit<Verdict, "isMet" | "wanted"> {
  readonly wanted: number | undefined;
}

function atMost({ wanted, ...rest }: Question): Verdict | undefined {
  if (wanted === undefined) return undefined;
  return { ...rest, wanted, isMet: rest.is !== undefined && rest.is <= wanted };
}

function atLeast({ wanted, ...rest }: Question): Verdict | undefined {
  if (wanted === undefined) return undefined;
  return { ...rest, wanted, isMet: rest.is !== undefined && rest.is >= wanted };
}

/** A share in percent, as `0`, `0.1` or `0.1%`; undefined when it is none from 0 to 100. */
export function percentOf(text: string): number | undefined {
  const [, number] = /^(\d+(?:\.\d+)?) ?%?$/.exec(text) ?? [];
  const percent = Number(number);
  return percent <= 100 ? percent : undefined;
}

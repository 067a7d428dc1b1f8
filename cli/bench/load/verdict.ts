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

const MS_OF_UNIT: Readonly<Record<string, number>> = { us: 0.001, µs: 0.001, ms: 1, s: 1000 };

/** The milliseconds of a time with its unit, as `5ms`, `800us` or `1.5s`; undefined when it is none. */
export function millisecondsOf(text: string): number | undefined {
  const [, number, unit = ""] = /^(\d+(?:\.\d+)?) ?(us|µs|ms|s)$/.exec(text) ?? [];
  const factor = MS_OF_UNIT[unit];
  return factor === undefined ? undefined : Number(number) * factor;
}

/** A share in percent, as `0`, `0.1` or `0.1%`; undefined when it is none from 0 to 100. */
export function percentOf(text: string): number | undefined {
  const [, number] = /^(\d+(?:\.\d+)?) ?%?$/.exec(text) ?? [];
  const percent = Number(number);
  return percent <= 100 ? percent : undefined;
}

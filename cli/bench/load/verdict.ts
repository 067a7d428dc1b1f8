/** The limits of a load. */
export interface LoadLimits {
  /** Maximum latency of 99 of 100 events, in milliseconds. */
  readonly maxP99?: number | undefined;
  /** Maximum loss, in percent. */
  readonly maxLoss?: number | undefined;
  /** Minimum number of events per second. */
  readonly minRate?: number | undefined;
}

/** The measured values; undefined if unknown or not measured. */
export interface LoadMeasures {
  readonly p99Ms: number | undefined;
  readonly lossPercent: number | undefined;
  readonly rate: number | undefined;
}

/** The verdict on one limit. */
export interface Verdict {
  /** The name of the flag. */
  readonly name: "max-p99" | "max-loss" | "min-rate";
  readonly wanted: number;
  /** Undefined if nothing was measured, which counts as missed. */
  readonly is: number | undefined;
  readonly unit: "ms" | "%" | "/s";
  readonly isMet: boolean;
}

/** Compares the measured values with each limit that is set. */
export function judge(limits: LoadLimits, measures: LoadMeasures): Verdict[] {
  const { maxP99, maxLoss, minRate } = limits;
  const { p99Ms, lossPercent, rate } = measures;
  const atMost = (is: number, wanted: number) => is <= wanted;
  const atLeast = (is: number, wanted: number) => is >= wanted;
  return [
    ...verdict({ name: "max-p99", wanted: maxP99, is: p99Ms, unit: "ms" }, atMost),
    ...verdict({ name: "max-loss", wanted: maxLoss, is: lossPercent, unit: "%" }, atMost),
    ...verdict({ name: "min-rate", wanted: minRate, is: rate, unit: "/s" }, atLeast),
  ];
}

interface Question extends Omit<Verdict, "isMet" | "wanted"> {
  readonly wanted: number | undefined;
}

function verdict(
  { wanted, ...rest }: Question,
  meets: (is: number, wanted: number) => boolean,
): Verdict[] {
  if (wanted === undefined) return [];
  return [{ ...rest, wanted, isMet: rest.is !== undefined && meets(rest.is, wanted) }];
}

/** Parses a percentage, as `0`, `0.1` or `0.1%`; undefined if it is not one from 0 to 100. */
export function percentOf(text: string): number | undefined {
  const [, number] = /^(\d+(?:\.\d+)?) ?%?$/.exec(text) ?? [];
  const percent = Number(number);
  return percent <= 100 ? percent : undefined;
}

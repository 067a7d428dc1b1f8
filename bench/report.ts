import { type Spread, spread } from "./samples.ts";

/** A figure of ours, the peer's figure if there is one, and the target. */
export interface Row {
  readonly what: string;
  readonly unit: string;
  readonly ours: Spread;
  readonly peer?: Spread & { readonly name: string };
  /** Median of ours divided by the peer's median. */
  readonly ratio?: number;
  readonly wanted?: { readonly text: string; readonly isMet: boolean };
}

/** The target: a bound on the ratio to the peer, or on the figure itself. */
export type Wanted =
  | { readonly minRatio: number }
  | { readonly maxRatio: number }
  | { readonly min: number }
  | { readonly max: number };

/** The source of a {@linkcode Row}: the figures of every round. */
export interface RowSpec {
  readonly what: string;
  readonly unit: string;
  readonly ours: readonly number[];
  readonly peer?: readonly [name: string, values: readonly number[]];
  readonly wanted?: Wanted;
}

/** Related rows under a heading that describes the measurement. */
export interface Section {
  readonly title: string;
  readonly rows: readonly Row[];
}

/** The row for these figures. The target applies to the median. */
export function rowOf({ what, unit, ours: values, peer: beside, wanted }: RowSpec): Row {
  const ours = spread(values);
  const peer = beside === undefined ? undefined : { name: beside[0], ...spread(beside[1]) };
  const ratio = peer === undefined ? undefined : ours.median / peer.median;
  return {
    what,
    unit,
    ours,
    ...(peer === undefined ? {} : { peer }),
    ...(ratio === undefined ? {} : { ratio }),
    ...(wanted === undefined ? {} : { wanted: judge(wanted, ours.median, ratio ?? NaN) }),
  };
}

function judge(wanted: Wanted, median: number, ratio: number): NonNullable<Row["wanted"]> {
  if ("minRatio" in wanted) {
    const text = `ratio >= ${wanted.minRatio.toFixed(2)}`;
    return { text, isMet: ratio >= wanted.minRatio };
  }
  if ("maxRatio" in wanted) {
    const text = `ratio <= ${wanted.maxRatio.toFixed(2)}`;
    return { text, isMet: ratio <= wanted.maxRatio };
  }
  if ("min" in wanted) {
    return { text: `>= ${wanted.min.toLocaleString("en")}`, isMet: median >= wanted.min };
  }
  return { text: `<= ${wanted.max}`, isMet: median <= wanted.max };
}

/** A section as text. */
export function sectionText({ title, rows }: Section): string {
  const cells = rows.map(({ what, unit, ours, peer, ratio, wanted }) => [
    `${what} [${unit}]`,
    spreadText(ours),
    peer === undefined ? "" : spreadText(peer),
    ratio?.toFixed(2) ?? "",
    peer?.name ?? "",
    wanted === undefined ? "" : `${wanted.text}: ${wanted.isMet ? "met" : "MISSED"}`,
  ]);
  const heading = ["what", "df-pubsub", "peer", "ratio", "the peer is", "wanted"];
  return `${title}\n\n${aligned([heading, ...cells])}`;
}

/** Lines of cells as text in aligned columns. */
function aligned(lines: readonly (readonly string[])[]): string {
  const columns = lines[0]?.map((_, column) => column) ?? [];
  const widths = columns.map((column) => Math.max(...lines.map((line) => width(line, column))));
  return lines.map((line) =>
    line.map((cell, column) => cell.padEnd(widths[column] ?? 0)).join(" | ").trimEnd()
  ).join("\n");
}

function width(line: readonly string[], column: number): number {
  return line[column]?.length ?? 0;
}

/** The median, the minimum and the maximum. */
function spreadText({ median, min, max }: Spread): string {
  return `${numberText(median)} (${numberText(min)}..${numberText(max)})`;
}

function numberText(value: number): string {
  if (value >= 1000) return Math.round(value).toLocaleString("en");
  return value.toFixed(value >= 10 ? 1 : 3);
}

import { type Spread, spread } from "./samples.ts";

/** A figure of ours, beside a peer's where there is one, and the promise it is held to. */
export interface Row {
  readonly what: string;
  readonly unit: string;
  readonly ours: Spread;
  readonly peer?: Spread & { readonly name: string };
  /** Median of ours divided by that of the peer. */
  readonly ratio?: number;
  readonly wanted?: { readonly text: string; readonly isMet: boolean };
}

/** What a promise is about: the ratio to the peer, or the figure itself. */
export type Wanted =
  | { readonly leastRatio: number }
  | { readonly mostRatio: number }
  | { readonly least: number }
  | { readonly most: number };

/** What a {@linkcode Row} is made of: every round's figure. */
export interface RowSpec {
  readonly what: string;
  readonly unit: string;
  readonly ours: readonly number[];
  readonly peer?: readonly [name: string, values: readonly number[]];
  readonly wanted?: Wanted;
}

/** Rows that belong together, under a heading that says how they came about. */
export interface Section {
  readonly title: string;
  readonly rows: readonly Row[];
}

/** The row of these figures; a promise is held against the median. */
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
  if ("leastRatio" in wanted) {
    const text = `ratio >= ${wanted.leastRatio.toFixed(2)}`;
    return { text, isMet: ratio >= wanted.leastRatio };
  }
  if ("mostRatio" in wanted) {
    const text = `ratio <= ${wanted.mostRatio.toFixed(2)}`;
    return { text, isMet: ratio <= wanted.mostRatio };
  }
  if ("least" in wanted) {
    return { text: `>= ${wanted.least.toLocaleString("en")}`, isMet: median >= wanted.least };
  }
  return { text: `<= ${wanted.most}`, isMet: median <= wanted.most };
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

/** Lines of cells as text, the columns one under the other. */
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

/** The median, and what it lies between. */
function spreadText({ median, min, max }: Spread): string {
  return `${numberText(median)} (${numberText(min)}..${numberText(max)})`;
}

function numberText(value: number): string {
  if (value >= 1000) return Math.round(value).toLocaleString("en");
  return value.toFixed(value >= 10 ? 1 : 3);
}

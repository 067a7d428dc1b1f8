import { type Spread, spread } from "./samples.ts";
import type { RelayFigures } from "./relay_bench.ts";
import type { ColdStarts } from "./cold_start.ts";

/** One line of the report: a figure of ours beside its peer's. */
export interface Row {
  readonly what: string;
  readonly unit: string;
  readonly ours: Spread;
  readonly peer: Spread;
  /** Median of ours divided by that of the peer. */
  readonly ratio: number;
}

interface RowSpec {
  readonly what: string;
  readonly unit: string;
  readonly scale: number;
}

const RELAY_ROWS: readonly (RowSpec & { readonly figure: keyof RelayFigures })[] = [
  { figure: "eventsPerSecond", what: "relayed", unit: "events/s", scale: 1 },
  { figure: "cpuMicrosPerEvent", what: "processor time", unit: "µs/event", scale: 1 },
  { figure: "p50Ms", what: "latency p50, paced", unit: "ms", scale: 1 },
  { figure: "p99Ms", what: "latency p99, paced", unit: "ms", scale: 1 },
  { figure: "idleBytes", what: "resident, idle", unit: "MB", scale: 1e-6 },
  { figure: "loadedBytes", what: "resident, after a flood", unit: "MB", scale: 1e-6 },
  { figure: "peakBytes", what: "resident, peak so far", unit: "MB", scale: 1e-6 },
];

/** What the relay came to, beside the proxy. */
export function relayRows(ours: RelayFigures, peer: RelayFigures): Row[] {
  return RELAY_ROWS.map(({ figure, ...spec }) => row(spec, ours[figure], peer[figure]));
}

/** What starting `publish` came to, beside an empty program. */
export function coldStartRow({ publishMs, emptyMs }: ColdStarts): Row {
  const what = "publish one event, whole process";
  return row({ what, unit: "ms", scale: 1 }, publishMs, emptyMs);
}

function row(
  { what, unit, scale }: RowSpec,
  ours: readonly number[],
  peer: readonly number[],
): Row {
  const sides = [ours, peer].map((values) => spread(values.map((value) => value * scale)));
  const [left, right] = [sides[0], sides[1]];
  if (left === undefined || right === undefined) throw new RangeError(`No figures of "${what}"`);
  return { what, unit, ours: left, peer: right, ratio: left.median / right.median };
}

/** Rows as text, one a line, under a heading. */
export function table(rows: readonly Row[], peer: string): string {
  const cells = rows.map(({ what, unit, ours, peer, ratio }) => [
    `${what} [${unit}]`,
    spreadText(ours),
    spreadText(peer),
    ratio.toFixed(2),
  ]);
  return aligned([["what", "df-pubsub", peer, "ratio"], ...cells]);
}

/** Lines of cells as text, the columns one under the other. */
export function aligned(lines: readonly (readonly string[])[]): string {
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
export function spreadText({ median, min, max }: Spread): string {
  return `${numberText(median)} (${numberText(min)}..${numberText(max)})`;
}

function numberText(value: number): string {
  if (value >= 1000) return Math.round(value).toLocaleString("en");
  return value.toFixed(value >= 10 ? 1 : 3);
}

import { exposition } from "../../service/controller/observability/exposition.ts";
import { gauge } from "../../service/controller/observability/metric.ts";
import type { ExitCode } from "../terminal/exit_code.ts";
import { EXIT } from "../terminal/exit_code.ts";
import { oneLine } from "../terminal/log.ts";

/** The state of a check; of several, the worst one counts. */
export type CheckState = "ok" | "warning" | "critical" | "unknown";

/** The thresholds at which a number is a warning, or critical. */
export interface Limits {
  readonly warn?: number | undefined;
  readonly crit?: number | undefined;
}

/** A value for a graph. */
export interface CheckMeasure {
  /** A name of letters and underscores. */
  readonly name: string;
  readonly value: number;
  readonly unit?: "s";
  readonly limits?: Limits;
  /** Whether values below the limits are bad, instead of those above. @default false */
  readonly isAtLeast?: boolean;
  /** What the value belongs to, for example the name of a node. */
  readonly labels?: Readonly<Record<string, string>>;
}

/** The result of one check. */
export interface CheckResult {
  readonly name: string;
  readonly state: CheckState;
  /** A text for people. */
  readonly detail: string;
  /** Whether the checked part could be reached. */
  readonly isReachable: boolean;
  readonly measures: readonly CheckMeasure[];
}

/** The exit codes of a plugin, by monitoring-plugins.org. */
const PLUGIN_CODES = { ok: 0, warning: 1, critical: 2, unknown: 3 } as const;

/** From the best to the worst: critical is worse than unknown. */
const BY_SEVERITY: readonly CheckState[] = ["ok", "warning", "unknown", "critical"];

/** The worst state of all results. */
export function worstState(results: readonly CheckResult[]): CheckState {
  return worstOf(results.map(({ state }) => state));
}

/** The worst state; unknown without any. */
export function worstOf(states: readonly CheckState[]): CheckState {
  const worst = Math.max(...states.map((state) => BY_SEVERITY.indexOf(state)));
  return BY_SEVERITY[worst] ?? "unknown";
}

/** The exit code for all formats except nagios: a warning is not a failure. */
export function exitCodeFor(results: readonly CheckResult[]): ExitCode {
  const failed = results.filter(({ state }) => state === "critical" || state === "unknown");
  if (failed.length === 0) return EXIT.done;
  return failed.every(({ isReachable }) => isReachable) ? EXIT.failed : EXIT.unreachable;
}

/** The exit code of a plugin. */
export function pluginCodeFor(state: CheckState): ExitCode {
  return PLUGIN_CODES[state];
}

/** One line for each result. */
export function textReport(results: readonly CheckResult[]): string {
  return results.map(({ name, state, detail }) => `${name}: ${state}: ${oneLine(detail)}\n`).join(
    "",
  );
}

/** All results as one line of JSON. */
export function jsonReport(results: readonly CheckResult[]): string {
  const checks = results.map(({ name, state, detail }) => ({ name, state, detail }));
  const measures = Object.fromEntries(
    results.flatMap((result) => result.measures).map(({ name, value }) => [name, value]),
  );
  return `${JSON.stringify({ state: worstState(results), checks, measures })}\n`;
}

/** The line of a plugin: the worst checks first, with their state, and the performance data. */
export function pluginReport(results: readonly CheckResult[]): string {
  const severity = ({ state }: CheckResult) => BY_SEVERITY.indexOf(state);
  const details = results.toSorted((one, other) => severity(other) - severity(one))
    .map(({ name, state, detail }) => `${name}: ${state === "ok" ? "" : `${state}: `}${detail}`);
  return pluginLine(
    worstState(results),
    details.join("; "),
    results.flatMap(({ measures }) => measures),
  );
}

/** A plugin's line. Characters that would end its text are replaced. */
export function pluginLine(
  state: CheckState,
  text: string,
  measures: readonly CheckMeasure[] = [],
): string {
  const safe = oneLine(text.replaceAll(/\s+/g, " ")).replaceAll("|", "/");
  const data = measures.map(performanceData);
  const tail = data.length === 0 ? "" : ` | ${data.join(" ")}`;
  return `DF_PUBSUB ${state.toUpperCase()} - ${safe}${tail}\n`;
}

// A range that ends in a colon has no upper bound.
function performanceData({ name, value, unit, limits = {}, isAtLeast }: CheckMeasure): string {
  const range = (limit: number | undefined) =>
    limit === undefined ? "" : isAtLeast ? `${limit}:` : String(limit);
  return `${name}=${value}${unit ?? ""};${range(limits.warn)};${range(limits.crit)};0;`;
}

/** The results as metrics, for the textfile collector of node_exporter. */
export function prometheusReport(results: readonly CheckResult[]): string {
  const states = results.map(({ name, state }) => ({
    labels: { check: name },
    value: PLUGIN_CODES[state],
  }));
  const help = "Result of a check: 0 ok, 1 warning, 2 critical, 3 unknown";
  const measures = results.flatMap((result) => result.measures);
  return exposition([
    gauge("df_pubsub_check_state", { help, value: states }),
    ...measures.map(({ name, value, unit, labels = {} }) =>
      gauge(`df_pubsub_check_${name}${unit === "s" ? "_seconds" : ""}`, {
        help: `The ${name.replaceAll("_", " ")} at the last check`,
        value: [{ labels, value }],
      })
    ),
  ]);
}

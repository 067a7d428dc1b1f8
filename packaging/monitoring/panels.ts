import type { MetricFamily } from "../../service/controller/observability/metric.ts";

/** A panel of Grafana. */
export interface Panel {
  readonly title: string;
  readonly description: string;
  /** Grafana's name of the unit. */
  readonly unit: string;
  readonly queries: readonly Query[];
}

/** A query of a panel, which shows one or more lines. */
export interface Query {
  readonly expr: string;
  /** `{{label}}` is a placeholder for its value; `__auto` shows all labels. */
  readonly legend: string;
}

/** The selection by the variables of the dashboard. */
export const SELECTOR = '{job="$job", instance=~"$instance"}';

/** The panel of a metric. */
export function panelOf({ name, type, help }: MetricFamily): Panel {
  const [expr, meaning] = measureOf(name, type);
  const queries = type === "histogram"
    ? [quantile(name, 0.5), quantile(name, 0.99)]
    : [{ expr, legend: "__auto" }];
  return { title: titleOf(name) + meaning, description: help, unit: unitOf(name, type), queries };
}

/** What a panel shows of a metric, and how its title says so. */
function measureOf(name: string, type: MetricFamily["type"]): [expr: string, meaning: string] {
  const series = `${name}${SELECTOR}`;
  if (type === "counter") return [`rate(${series}[$__rate_interval])`, " per second"];
  if (name.endsWith("_expiry_timestamp_seconds")) return [`${series} - time()`, ": time left"];
  // A time of 0 means that it has not happened yet.
  if (/_time(?:stamp)?_seconds$/.test(name)) return [`time() - (${series} > 0)`, ": age"];
  return [series, ""];
}

function quantile(name: string, value: number): Query {
  const rate = `rate(${name}_bucket${SELECTOR}[$__rate_interval])`;
  const expr = `histogram_quantile(${value}, sum by (instance, le) (${rate}))`;
  return { expr, legend: `{{instance}} p${value * 100}` };
}

function titleOf(name: string): string {
  const words = name.replace(/^(?:df_pubsub|process)_/, "").replace(/(?:_seconds)?(?:_total)?$/, "")
    .replace(/^tls_/, "TLS_").replaceAll("_", " ");
  return words.charAt(0).toUpperCase() + words.slice(1);
}

function unitOf(name: string, type: MetricFamily["type"]): string {
  if (/_bytes(?:_total)?$/.test(name)) return type === "counter" ? "Bps" : "bytes";
  if (/_seconds_total$/.test(name)) return "percentunit";
  if (/_seconds$/.test(name)) return "s";
  return type === "counter" ? "ops" : "short";
}

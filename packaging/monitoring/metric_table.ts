import { expiryMetric } from "../../cli/serve/certificate_metrics.ts";
import { processMetrics } from "../../cli/serve/process_metrics.ts";
import { readinessOf } from "../../service/controller/observability/readiness.ts";
import { serviceMetrics } from "../../service/controller/observability/service_metrics.ts";
import type { MetricFamily } from "../../service/controller/observability/metric.ts";

/** Every metric of a service, by name, as a service has them before its start. */
export function metricTable(): ReadonlyMap<string, MetricFamily> {
  const families = [
    ...serviceMetrics(readinessOf([])),
    ...processMetrics({ droppedLines: 0 }),
    expiryMetric([]),
  ];
  return new Map(families.map((family) => [family.name, family]));
}

const NAME = /\b(?:df_pubsub|process)_\w+/g;
const OF_HISTOGRAM = /_(?:bucket|sum|count)$/;

/** Refuses a text with an unknown metric. @throws {Error} */
export function requireKnown(text: string, table: ReadonlyMap<string, MetricFamily>): void {
  for (const [name] of text.matchAll(NAME)) {
    const family = table.get(name) ?? table.get(name.replace(OF_HISTOGRAM, ""));
    const isSeries = (family?.type === "histogram") === (family?.name !== name);
    if (family === undefined || !isSeries) throw new Error(`Unknown metric "${name}"`);
  }
}

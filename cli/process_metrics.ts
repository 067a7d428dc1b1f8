import { processorSeconds } from "../drivers/host.ts";
import { counter, gauge, type MetricFamily } from "../service/observability/metric.ts";
import { VERSION } from "./version.ts";

/** The program and its process, by the names that Prometheus' own libraries give. */
export function processMetrics(): MetricFamily[] {
  const { rss, heapUsed } = Deno.memoryUsage();
  const labels = { version: VERSION, runtime: `deno ${Deno.version.deno}` };
  return [
    gauge({ name: "df_pubsub_build_info", help: "The version that runs; always 1" }, [
      { labels, value: 1 },
    ]),
    counter(
      { name: "process_cpu_seconds_total", help: "Processor time in user and system mode" },
      processorSeconds(),
    ),
    gauge({ name: "process_resident_memory_bytes", help: "Memory that is resident" }, rss),
    gauge(
      { name: "process_heap_bytes", help: "Memory in use on the heap of the runtime" },
      heapUsed,
    ),
    gauge(
      { name: "process_start_time_seconds", help: "When the process began, since 1970" },
      performance.timeOrigin / 1000,
    ),
  ];
}

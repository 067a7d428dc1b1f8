import { countDescriptors, processorSeconds } from "../../drivers/host.ts";
import {
  counter,
  gauge,
  type MetricFamily,
} from "../../service/controller/observability/metric.ts";
import type { ErrorOutput } from "../terminal/io.ts";
import { VERSION } from "../flags/version.ts";

/** Metrics of the program and its process, with the names that Prometheus' libraries use. */
export function processMetrics(
  { droppedLines }: Pick<ErrorOutput, "droppedLines">,
): MetricFamily[] {
  const { rss, heapUsed } = Deno.memoryUsage();
  const descriptors = countDescriptors();
  const labels = { version: VERSION, runtime: `deno ${Deno.version.deno}` };
  return [
    gauge("df_pubsub_build_info", {
      help: "Labels have the running version; the value is always 1",
      value: [{ labels, value: 1 }],
    }),
    counter("df_pubsub_log_lines_dropped_total", {
      help: "Log lines dropped because nothing read standard error",
      value: droppedLines,
    }),
    counter("process_cpu_seconds_total", {
      help: "Processor time in user and system mode",
      value: processorSeconds(),
    }),
    gauge("process_resident_memory_bytes", { help: "Resident memory", value: rss }),
    gauge("process_heap_bytes", {
      help: "Memory in use on the heap of the runtime",
      value: heapUsed,
    }),
    gauge("process_open_fds", { help: "Open file descriptors", value: descriptors.open }),
    gauge("process_max_fds", { help: "Limit of open file descriptors", value: descriptors.max }),
    gauge("process_start_time_seconds", {
      help: "Start of the process, as Unix time",
      value: performance.timeOrigin / 1000,
    }),
  ];
}

import type { RecorderState } from "../../../drivers/contract/recorder.ts";
import { counter, gauge, type MetricFamily } from "./metric.ts";

/** The metrics of the recorder; all are 0 without one. */
export function recorderMetrics(state: RecorderState | undefined): MetricFamily[] {
  return [
    gauge("df_pubsub_recorder_bytes", {
      help: "Bytes of the recorder's segments on the disk",
      value: state?.bytes ?? 0,
    }),
    gauge("df_pubsub_recorder_segments", {
      help: "Segments of the recorder on the disk",
      value: state?.segments ?? 0,
    }),
    gauge("df_pubsub_recorder_oldest_event_timestamp_seconds", {
      help: "Unix time of the oldest event in the recorder; 0 without one",
      value: (state?.oldestAt ?? 0) / 1000,
    }),
    counter("df_pubsub_recorder_events_total", {
      help: "Events written to the recorder",
      value: state?.recorded ?? 0,
    }),
    counter("df_pubsub_recorder_skipped_events_total", {
      help: "Published events that the recorder could not keep",
      value: state?.skipped ?? 0,
    }),
    counter("df_pubsub_recorder_failures_total", {
      help: "Failed operations of the recorder",
      value: state?.failures ?? 0,
    }),
  ];
}

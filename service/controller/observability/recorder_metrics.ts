import type { RecorderState } from "../../../drivers/contract/recorder.ts";
import { counter, gauge, type MetricFamily } from "./metric.ts";

/** The metrics of the recorder; all are 0 without one. */
export function recorderMetrics(state: RecorderState | undefined): MetricFamily[] {
  return [
    gauge(
      { name: "df_pubsub_recorder_bytes", help: "Bytes of the recorder's segments on the disk" },
      state?.bytes ?? 0,
    ),
    gauge(
      { name: "df_pubsub_recorder_segments", help: "Segments of the recorder on the disk" },
      state?.segments ?? 0,
    ),
    gauge(
      {
        name: "df_pubsub_recorder_oldest_event_timestamp_seconds",
        help: "Unix time of the oldest event in the recorder; 0 without one",
      },
      (state?.oldestAt ?? 0) / 1000,
    ),
    counter(
      { name: "df_pubsub_recorder_events_total", help: "Events written to the recorder" },
      state?.recorded ?? 0,
    ),
    counter(
      {
        name: "df_pubsub_recorder_skipped_events_total",
        help: "Published events that the recorder could not keep",
      },
      state?.skipped ?? 0,
    ),
    counter(
      { name: "df_pubsub_recorder_failures_total", help: "Failed operations of the recorder" },
      state?.failures ?? 0,
    ),
  ];
}

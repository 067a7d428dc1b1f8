import type { EndWatch } from "./end_watch.ts";
import { counter, gauge, histogram, type MetricFamily, type Sample, samplesBy } from "./metric.ts";
import { peerMetrics } from "./peer_metrics.ts";
import type { ReadinessReport } from "./readiness.ts";
import { recorderMetrics } from "./recorder_metrics.ts";
import type { ObservedParts } from "./observed_parts.ts";

/** Every metric of a service; the families are always the same, even without the parts. */
export function serviceMetrics(known: ReadinessReport, parts?: ObservedParts): MetricFamily[] {
  return [
    ...stateMetrics(known),
    ...flowMetrics(parts),
    ...relayMetrics(parts),
    ...endMetrics(parts),
    ...peerMetrics(parts?.network.end),
    ...databaseMetrics(parts),
    ...tableMetrics(parts),
    ...publisherMetrics(parts),
    ...recorderMetrics(parts?.recorder?.state),
  ];
}

function stateMetrics({ ready, checks }: ReadinessReport): MetricFamily[] {
  return [
    gauge("df_pubsub_ready", {
      help: "Whether the service was ready: everything it depends on worked",
      value: Number(ready),
    }),
    gauge("df_pubsub_dependency_up", {
      help: "Whether one dependency of the service worked",
      value: checks.map(({ name, ok }) => ({ labels: { dependency: name }, value: Number(ok) })),
    }),
  ];
}

function flowMetrics(parts: ObservedParts | undefined): MetricFamily[] {
  return [
    counter("df_pubsub_events_received_total", {
      help: "Events received from local publishers, including refused ones",
      value: parts?.local?.end.counters.received ?? 0,
    }),
    counter("df_pubsub_received_bytes_total", {
      help: "Bytes of the events received from local publishers",
      value: parts?.relay?.batches.bytes ?? 0,
    }),
    counter("df_pubsub_events_sent_total", {
      help: "Events sent to the network, both relayed ones and the service's own",
      value: parts?.sink.sent.events ?? 0,
    }),
    counter("df_pubsub_sent_bytes_total", {
      help: "Bytes of the events sent",
      value: parts?.sink.sent.bytes ?? 0,
    }),
    counter("df_pubsub_events_dropped_total", {
      help: "Frames that a transport dropped, by end and reason",
      value: [...drops("local", parts?.local?.watch), ...drops("network", parts?.network.watch)],
    }),
  ];
}

function drops(end: string, watch: EndWatch | undefined): Sample[] {
  return samplesBy("reason", watch?.drops ?? {}, { end });
}

function relayMetrics(parts: ObservedParts | undefined): MetricFamily[] {
  const counters = parts?.relay?.counters;
  return [
    counter("df_pubsub_events_relayed_total", {
      help: "Events relayed to the network",
      value: counters?.relayed ?? 0,
    }),
    counter("df_pubsub_events_converted_total", {
      help: "Events that were converted to the other wire format",
      value: counters?.converted ?? 0,
    }),
    counter("df_pubsub_events_refused_total", {
      help: "Payloads that were not an event or could not be relayed, by reason",
      value: refusals(parts),
    }),
    gauge("df_pubsub_relay_queue_events", {
      help: "Events of the batch that is being relayed, without the transport's own queues",
      value: parts?.relay?.batches.pending ?? 0,
    }),
    histogram("df_pubsub_relay_duration_seconds", {
      help: "Time from the arrival of a batch to the sending of its last event",
      samples: parts?.relay?.batches.seconds.samples() ?? [],
    }),
  ];
}

/** Only the relay's own reasons; the frames that a driver dropped are counted at its end. */
function refusals(parts: ObservedParts | undefined): Sample[] {
  const counts = Object.entries(parts?.refusals.counters ?? {});
  return samplesBy("reason", Object.fromEntries(counts.filter(([kind]) => /^[A-Z]/.test(kind))));
}

function endMetrics(parts: ObservedParts | undefined): MetricFamily[] {
  const ends = { local: parts?.local?.watch, network: parts?.network.watch };
  const each = (read: (watch: EndWatch) => number): Sample[] =>
    Object.entries(ends).map(([end, watch]) => ({
      labels: { end },
      value: watch ? read(watch) : 0,
    }));
  return [
    counter("df_pubsub_connections_lost_total", {
      help: "Connections lost, by end",
      value: each(({ connections }) => connections.lost),
    }),
    counter("df_pubsub_reconnects_total", {
      help: "Connections restored after a loss, by end",
      value: each(({ connections }) => connections.back),
    }),
    gauge("df_pubsub_peers", {
      help: "Connected peers, by end, if the transport knows them",
      value: each(({ peers }) => peers),
    }),
  ];
}

function databaseMetrics(parts: ObservedParts | undefined): MetricFamily[] {
  return [
    histogram("df_pubsub_database_operation_duration_seconds", {
      help: "Duration of database operations, by operation",
      samples: parts?.db.secondsSamples() ?? [],
    }),
    counter("df_pubsub_database_errors_total", {
      help: "Failed database operations, by operation",
      value: parts?.db.errorSamples() ?? [],
    }),
  ];
}

function tableMetrics(parts: ObservedParts | undefined): MetricFamily[] {
  const tables = parts?.monitors.tables ?? [];
  return [
    histogram("df_pubsub_table_monitor_poll_duration_seconds", {
      help: "Time from the start of a poll of a monitored table to its last event",
      samples: tables.flatMap(({ table, pollSeconds }) => pollSeconds.samples({ table })),
    }),
    counter("df_pubsub_table_monitor_events_total", {
      help: "Published changes of a table",
      value: tables.map(({ table, monitor: { counters } }) => ({
        labels: { table },
        value: counters.published,
      })),
    }),
    counter("df_pubsub_table_monitor_errors_total", {
      help: "Failed polls of a table, and changes that could not be published",
      value: tables.map(({ table, monitor: { counters } }) => ({
        labels: { table },
        value: counters.failed,
      })),
    }),
  ];
}

function publisherMetrics(parts: ObservedParts | undefined): MetricFamily[] {
  const seen = parts?.monitors.stale.seen;
  const { removed = 0, ...states } = seen ?? {};
  const refreshedAt = parts?.registration.state.lastRefreshAt;
  return [
    gauge("df_pubsub_publishers", {
      help: "Rows of the publishers table at the last read, by state",
      value: samplesBy("state", states),
    }),
    counter("df_pubsub_publishers_removed_total", {
      help: "Rows that this service has removed because their publishers were silent",
      value: removed,
    }),
    gauge("df_pubsub_registration_refresh_timestamp_seconds", {
      help:
        "Unix time of the last write of the service's own row in the publishers table; 0 before",
      value: (refreshedAt ?? 0) / 1000,
    }),
  ];
}

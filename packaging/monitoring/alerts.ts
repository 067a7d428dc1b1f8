import { type Alert, C1, INSTANCE, ON, onGrowth, onSlowness } from "./alert.ts";

/** The rules that apply to any deployment, with limits for the default configuration. */
export const ALERTS: readonly Alert[] = [
  {
    name: "DfPubsubDown",
    expr: 'up{job="df-pubsub"} == 0',
    for: "2m",
    severity: "critical",
    summary: `${ON} does not answer`,
    description:
      "The service is down or its pages cannot be reached: nodes get no events from this controller. " +
      "Check `systemctl status df-pubsub` and `journalctl -u df-pubsub` on the host.",
    test: {
      at: "3m",
      series: [[`up{job="df-pubsub", ${INSTANCE}}`, "0x10", "1 0 1x10"]],
      labels: { ...C1, job: "df-pubsub" },
    },
  },
  {
    name: "DfPubsubNotReady",
    expr: "df_pubsub_dependency_up == 0",
    for: "2m",
    severity: "critical",
    summary: `${ON} is not ready: {{ $labels.dependency }}`,
    description:
      "Events of local publishers may not reach the nodes. Run `df-pubsub check` on the host to see " +
      "the reason, and `df-pubsub doctor` to see what to do.",
    test: {
      at: "4m",
      series: [[
        `df_pubsub_dependency_up{${INSTANCE}, dependency="database"}`,
        "1 0x10",
        "1 0 1x10",
      ]],
      labels: { ...C1, dependency: "database" },
    },
  },
  {
    name: "DfPubsubRestarts",
    expr: 'changes(process_start_time_seconds{job="df-pubsub"}[30m]) > 2',
    severity: "warning",
    summary: `${ON} has restarted more than twice in 30 minutes`,
    description:
      "After each restart every node reads its tables again, because it may lack the last " +
      "events. The journal has the reason of each stop: `journalctl -u df-pubsub`.",
    test: {
      at: "10m",
      series: [
        [`process_start_time_seconds{job="df-pubsub", ${INSTANCE}}`, "1+1x3 4x10", "1x5 2x10"],
        [`process_start_time_seconds{job="node", ${INSTANCE}}`, "1+1x10", "1+1x10"],
      ],
      labels: { ...C1, job: "df-pubsub" },
    },
  },
  {
    name: "DfPubsubNodesGone",
    expr: 'df_pubsub_peers{end="network"} < ' +
      '0.5 * max_over_time(df_pubsub_peers{end="network"}[1h])',
    for: "5m",
    severity: "critical",
    summary: `${ON} has lost more than half of its subscribers`,
    description:
      "Nodes that are not connected to any publisher work with outdated data. Check the network " +
      "between them and this controller; `df-pubsub doctor` on a node shows which publishers it can reach.",
    test: {
      at: "12m",
      series: [[`df_pubsub_peers{${INSTANCE}, end="network"}`, "10x5 4x20", "10x5 6x20"]],
      labels: { ...C1, end: "network" },
    },
  },
  {
    name: "DfPubsubNodeLag",
    expr: "df_pubsub_peer_lag_events > 10000",
    for: "5m",
    severity: "warning",
    summary: `Node {{ $labels.node }} is {{ $value }} events behind ${ON}`,
    description:
      "The node or its application works with outdated data. Beyond [df_zmq] high_water_mark, " +
      "events are skipped. /peers shows what is not sent (`backlog`) or not applied (`applied`).",
    test: {
      at: "6m",
      series: [[
        `df_pubsub_peer_lag_events{${INSTANCE}, node="compute-7"}`,
        "12000x10",
        "12000x3 10x10",
      ]],
      labels: { ...C1, node: "compute-7" },
      value: "12000",
    },
  },
  onGrowth("df_pubsub_peer_events_skipped_total", {
    name: "DfPubsubEventsSkipped",
    severity: "warning",
    summary: `A subscriber of ${ON} was too slow, and events were skipped for it`,
    description:
      "It reads its tables again, which loads the database. Find it with `df-pubsub check` or on " +
      "/peers; if all nodes are sometimes slow, raise [df_zmq] high_water_mark.",
  }),
  onGrowth("df_pubsub_peer_events_lost_total", {
    name: "DfPubsubEventsLost",
    severity: "warning",
    summary: `A subscriber of ${ON} was disconnected for longer than events are kept`,
    description:
      "It reads its tables again. If connections are lost often, check the network, and raise " +
      "[df_zmq] high_water_mark and wire_log_bytes to keep more events.",
  }),
  onGrowth("df_pubsub_events_dropped_total", {
    name: "DfPubsubEventsDropped",
    labels: { end: "network", reason: "not-sent" },
    severity: "critical",
    summary: `${ON} dropped events at its {{ $labels.end }} end: {{ $labels.reason }}`,
    description:
      "Nodes do not get these events. not-sent means that the broker did not confirm them: check the broker. " +
      "Other reasons are invalid messages of local publishers.",
  }),
  onGrowth("df_pubsub_events_refused_total", {
    name: "DfPubsubEventsRefused",
    labels: { reason: "FRAME_TOO_LARGE" },
    severity: "warning",
    summary: `${ON} refused events of local publishers: {{ $labels.reason }}`,
    description:
      "These events do not reach the nodes. The log of the service names the problem and " +
      "the event.",
  }),
  onGrowth("df_pubsub_peer_connections_refused_total", {
    name: "DfPubsubConnectionsRefused",
    labels: { reason: "descriptors" },
    severity: "warning",
    summary: `${ON} refused connections of subscribers: {{ $labels.reason }}`,
    description:
      "A limit was reached, or a peer does not speak the protocol. The log names the address; the " +
      "limits are [df_zmq] max_connections and similar options, and LimitNOFILE of the unit.",
  }),
  onSlowness("df_pubsub_relay_duration_seconds", {
    name: "DfPubsubSlowRelay",
    limit: 0.1,
    severity: "warning",
    summary: `1 % of the batches take ${ON} longer than 0.1 s`,
    description:
      "The processor is busy, or the broker is slow to confirm. Check the processor time of the " +
      "service, and the broker.",
  }),
  onSlowness("df_pubsub_database_operation_duration_seconds", {
    name: "DfPubsubSlowDatabase",
    limit: 1,
    labels: { operation: "get" },
    severity: "warning",
    summary: `1 % of the operations "{{ $labels.operation }}" of the database take ${ON} over 1 s`,
    description:
      "Readiness and registration wait for the database. Check its load and the network to it.",
  }),
  onGrowth("df_pubsub_database_errors_total", {
    name: "DfPubsubDatabaseErrors",
    labels: { operation: "set" },
    severity: "warning",
    summary: `Database operations "{{ $labels.operation }}" fail on ${ON}`,
    description:
      "The row of the service may become stale, and changes of monitored tables are published late. " +
      "The log has the error.",
  }),
  onGrowth("df_pubsub_table_monitor_errors_total", {
    name: "DfPubsubTableMonitorErrors",
    labels: { table: "lport" },
    severity: "warning",
    summary: `${ON} cannot follow table {{ $labels.table }}`,
    description: "Changes of that table are published late. The log has the error.",
  }),
  {
    name: "DfPubsubStalePublishers",
    expr: 'df_pubsub_publishers{state=~"stale|unreadable"} > 0',
    for: "15m",
    severity: "warning",
    summary: `${ON} sees {{ $labels.state }} rows in the publishers table`,
    description:
      "A publisher is down, its clock is wrong, or its row was written by hand. See `df-pubsub publishers " +
      "list`; `df-pubsub publishers prune` removes the rows of publishers that no longer exist.",
    test: {
      at: "20m",
      series: [[`df_pubsub_publishers{${INSTANCE}, state="stale"}`, "1x30", "1x3 0x30"]],
      labels: { ...C1, state: "stale" },
    },
  },
  {
    name: "DfPubsubDescriptors",
    expr: 'process_open_fds{job="df-pubsub"} / process_max_fds{job="df-pubsub"} > 0.8',
    for: "5m",
    severity: "warning",
    summary: `${ON} uses more than 80 % of its file descriptors`,
    description:
      "The service refuses subscribers when few are free. Raise LimitNOFILE in a drop-in of the unit.",
    test: {
      at: "10m",
      series: [
        [`process_open_fds{job="df-pubsub", ${INSTANCE}}`, "900x20", "500x20"],
        [`process_max_fds{job="df-pubsub", ${INSTANCE}}`, "1024x20", "1024x20"],
      ],
      labels: { ...C1, job: "df-pubsub" },
    },
  },
  onGrowth("df_pubsub_log_lines_dropped_total", {
    name: "DfPubsubLogLinesDropped",
    severity: "warning",
    summary: `${ON} dropped log lines`,
    description: "Its standard error is not read fast enough: check the journal.",
  }),
  onGrowth("df_pubsub_recorder_skipped_events_total", {
    name: "DfPubsubRecorderSkips",
    severity: "warning",
    summary: `The recorder of ${ON} does not keep all events`,
    description: "`record` and `why` lack the others. /readyz has the reason, often a full disk.",
  }),
  {
    name: "DfPubsubCertificateExpires",
    expr: "df_pubsub_tls_certificate_expiry_timestamp_seconds - time() < 14 * 86400",
    for: "1h",
    severity: "warning",
    summary: `The TLS {{ $labels.kind }} for {{ $labels.use }} of ${ON} expires within two weeks`,
    description:
      "When it has expired, other hosts refuse its connections. Replace the file: the service notices " +
      "the new one without a restart. `df-pubsub certs show` on the host names the file and its issuer.",
    test: {
      at: "2h",
      series: [[
        `df_pubsub_tls_certificate_expiry_timestamp_seconds{${INSTANCE}, use="http", kind="certificate"}`,
        "1209600x130",
        "1300000x130",
      ]],
      labels: { ...C1, use: "http", kind: "certificate" },
    },
  },
  {
    name: "DfPubsubVersionsDiffer",
    expr: "count(count by (version) (df_pubsub_build_info)) > 1",
    for: "1h",
    severity: "warning",
    summary: "Services of {{ $value }} versions run",
    description:
      "An upgrade is incomplete. The metric df_pubsub_build_info has the version of each service.",
    test: {
      at: "80m",
      series: [
        [`df_pubsub_build_info{${INSTANCE}, version="0.1.0"}`, "1x90", "_x90"],
        [`df_pubsub_build_info{instance="c2:8868", version="0.2.0"}`, "1x90", "1x90"],
      ],
      labels: {},
      value: "2",
    },
  },
];

import type { PeerState } from "../../../drivers/contract/peer_state.ts";
import type { FramePublisher } from "../../../drivers/contract/pubsub.ts";
import { counter, gauge, type MetricFamily, type Sample, samplesBy } from "./metric.ts";
import { LASTING_LAG_MS } from "./peers_report.ts";

const MAX_NODES = 10;

/** The metrics of a service's subscribers, all 0 if the driver does not know them. */
export function peerMetrics(
  publisher: Pick<FramePublisher, "peers" | "peerTotals"> | undefined,
): MetricFamily[] {
  const totals = publisher?.peerTotals;
  const lags = lagsByNode(publisher?.peers?.() ?? []);
  return [
    counter("df_pubsub_peer_events_skipped_total", {
      help: "Events that subscribers missed because they were too far behind",
      value: totals?.skipped ?? 0,
    }),
    counter("df_pubsub_peer_events_replayed_total", {
      help: "Events replayed to subscribers after they had lost the connection",
      value: totals?.replayed ?? 0,
    }),
    counter("df_pubsub_peer_events_lost_total", {
      help:
        "Events that subscribers requested after they had lost the connection, but that were no longer kept",
      value: totals?.lost ?? 0,
    }),
    counter("df_pubsub_peer_connections_refused_total", {
      help: "Connections of subscribers that the service refused or ended, by reason",
      value: samplesBy("reason", Object.fromEntries(totals?.refused ?? [])),
    }),
    gauge("df_pubsub_peer_lag_max_events", {
      help:
        "Upper bound of the events that the slowest subscriber is behind; its application counts after 3 s of lag",
      value: lags[0]?.value ?? 0,
    }),
    gauge("df_pubsub_peer_lag_events", {
      help:
        "Upper bound of the events that a node is behind, for the ten slowest nodes; its application counts after 3 s of lag",
      value: lags.slice(0, MAX_NODES),
    }),
  ];
}

/** One sample per node that is behind, the slowest first; a node may have several processes. */
function lagsByNode(peers: readonly PeerState[]): Sample[] {
  const lags = new Map<string, number>();
  for (const { lag, applied, session, address } of peers) {
    // Without a session: the address without its port, which differs for each connection.
    const node = session?.node ?? address.replace(/:\d+$/, "");
    const { behind: lacks, behindMs } = applied() ?? { behind: 0, behindMs: 0 };
    const behind = behindMs < LASTING_LAG_MS ? lag : Math.max(lag, lacks);
    if (behind > 0) lags.set(node, Math.max(behind, lags.get(node) ?? 0));
  }
  return [...lags].sort(([, one], [, other]) => other - one)
    .map(([node, value]) => ({ labels: { node }, value }));
}

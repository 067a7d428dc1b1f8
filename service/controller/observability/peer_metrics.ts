import type { PeerState } from "../../../drivers/contract/peer_state.ts";
import type { FramePublisher } from "../../../drivers/contract/pubsub.ts";
import { counter, gauge, type MetricFamily, type Sample, samplesBy } from "../../publish/metric.ts";

const MAX_NODES = 10;

/** The metrics of the subscribers of a service, all 0 where the driver does not see them. */
export function peerMetrics(
  publisher: Pick<FramePublisher, "peers" | "peerTotals"> | undefined,
): MetricFamily[] {
  const totals = publisher?.peerTotals;
  const lags = lagsByNode(publisher?.peers?.() ?? []);
  return [
    counter(
      {
        name: "df_pubsub_peer_events_skipped_total",
        help: "Events that subscribers missed because they were too far behind",
      },
      totals?.skipped ?? 0,
    ),
    counter(
      {
        name: "df_pubsub_peer_events_replayed_total",
        help: "Events that subscribers were sent again after they had lost the connection",
      },
      totals?.replayed ?? 0,
    ),
    counter(
      {
        name: "df_pubsub_peer_events_lost_total",
        help:
          "Events that subscribers asked for after they had lost the connection, no longer kept",
      },
      totals?.lost ?? 0,
    ),
    counter(
      {
        name: "df_pubsub_peer_connections_refused_total",
        help: "Connections of subscribers that the service refused or ended, by reason",
      },
      samplesBy("reason", Object.fromEntries(totals?.refused ?? [])),
    ),
    gauge(
      {
        name: "df_pubsub_peer_lag_max_events",
        help: "Events that the slowest subscriber is behind, at most",
      },
      lags[0]?.value ?? 0,
    ),
    gauge(
      {
        name: "df_pubsub_peer_lag_events",
        help: "Events that each of the ten slowest nodes is behind, at most; only those that are",
      },
      lags.slice(0, MAX_NODES),
    ),
  ];
}

/** One sample per node that is behind, the worst first: a node may have several processes. */
function lagsByNode(peers: readonly PeerState[]): Sample[] {
  const lags = new Map<string, number>();
  for (const { lag, session, address } of peers) {
    // Without a session, the address without its port: each connection has another.
    const node = session?.node ?? address.replace(/:\d+$/, "");
    if (lag > 0) lags.set(node, Math.max(lag, lags.get(node) ?? 0));
  }
  return [...lags].sort(([, one], [, other]) => other - one)
    .map(([node, value]) => ({ labels: { node }, value }));
}

import type { HelloCounters } from "./hello_sender.ts";
import type { ReplayCounters } from "./replay_responder.ts";
import { counter, type MetricFamily } from "./metric.ts";

/** How the totals of what goes with positions are read; absent where a transport has none of it. */
export interface PositionCounters {
  readonly replay?: () => ReplayCounters;
  readonly hello?: () => HelloCounters;
  /** How many `sync` went to nodes of the original. */
  readonly nativeSyncs?: () => number;
}

/** What was done for those who missed events. */
export function positionMetrics({ replay, hello, nativeSyncs }: PositionCounters): MetricFamily[] {
  const answers = replay?.();
  const hellos = hello?.();
  return [
    counter(
      {
        name: "df_pubsub_replay_requests_total",
        help: "Requests for missed events, by whether they were any",
      },
      [
        { labels: { outcome: "answered" }, value: answers?.answered ?? 0 },
        { labels: { outcome: "refused" }, value: answers?.refused ?? 0 },
      ],
    ),
    counter(
      { name: "df_pubsub_replayed_events_total", help: "Events sent again to who missed them" },
      answers?.replayed ?? 0,
    ),
    counter(
      {
        name: "df_pubsub_hellos_total",
        help: "Messages that say where a topic stands, by whether the transport took them",
      },
      [
        { labels: { outcome: "sent" }, value: hellos?.sent ?? 0 },
        { labels: { outcome: "refused" }, value: hellos?.refused ?? 0 },
      ],
    ),
    counter(
      {
        name: "df_pubsub_native_syncs_total",
        help: "Requests to read everything anew, sent to nodes of the original after a loss",
      },
      nativeSyncs?.() ?? 0,
    ),
  ];
}

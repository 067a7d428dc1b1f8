import assert from "node:assert/strict";
import { exposition } from "../../../service/controller/observability/exposition.ts";
import { positionMetrics } from "../../../service/publish/position_metrics.ts";
import { parseExposition } from "../../support/exposition_parser.ts";

function valuesOf(counters: Parameters<typeof positionMetrics>[0]): Record<string, number> {
  const families = [...parseExposition(exposition(positionMetrics(counters))).values()];
  return Object.fromEntries(
    families.flatMap(({ samples }) =>
      samples.map(({ name, labels, value }) => [`${name} ${labels["outcome"] ?? ""}`.trim(), value])
    ),
  );
}

Deno.test("positionMetrics reads what there is, and shows zeros for what there is not", () => {
  const names = [
    "df_pubsub_replay_requests_total answered",
    "df_pubsub_replay_requests_total refused",
    "df_pubsub_replayed_events_total",
    "df_pubsub_hellos_total sent",
    "df_pubsub_hellos_total refused",
    "df_pubsub_native_syncs_total",
  ];
  const expected = (values: readonly number[]) =>
    Object.fromEntries(names.map((name, index) => [name, values[index]]));
  assert.deepEqual(valuesOf({}), expected([0, 0, 0, 0, 0, 0]));
  const all = {
    replay: () => ({ answered: 1, refused: 2, replayed: 3 }),
    hello: () => ({ sent: 4, refused: 5 }),
    nativeSyncs: () => 6,
  };
  assert.deepEqual(valuesOf(all), expected([1, 2, 3, 4, 5, 6]));
});

import assert from "node:assert/strict";
import { describeService } from "../../../cli/serve/service_description.ts";
import { processMetrics } from "../../../cli/serve/process_metrics.ts";
import { FakeOutput } from "../../support/fakes/fake_io.ts";
import { serviceParts, startService } from "../../support/service_fixture.ts";

Deno.test("describeService lists failures, the important numbers, and a limited number of topics", async () => {
  const parts = await serviceParts();
  await using service = await startService(parts);
  const topics = Array.from({ length: 22 }, (_, index) => `t${index}`);
  const { observation, registration } = service;
  const lines = describeService({
    service: { observation, registration, topics },
    process: processMetrics(new FakeOutput()),
    config: parts.settings,
  });
  assert(lines.every((line) => line.startsWith("state: ")));
  assert.match(lines[0] ?? "", /^state: df-pubsub \S+, up \d+ s, not ready$/);
  assert(lines.includes("state: registration: failed: not in the publishers table"));
  assert(lines.includes("state: last refresh of the row in the publishers table: none"));
  assert(lines.includes(`state: topics: ${topics.slice(0, 20).join(", ")} and 2 more`));
  assert(lines.includes("state: df_pubsub_relay_queue_events: 0"), lines.join("\n"));
  assert(lines.includes("state: configuration: none"));
  assert(!lines.some((line) => line.includes("events_dropped_total")));
});

Deno.test("describeService has the warning of a check that is met, on one line", async () => {
  const parts = await serviceParts();
  await using service = await startService(parts);
  const { registration, topics } = service;
  const recorder = { name: "recorder", ok: true, detail: "/r", warning: "no\nspace" };
  const observation = { known: { ready: true, checks: [recorder] }, metrics: () => [] };
  const described = { registration, topics, observation };
  const lines = describeService({ service: described, process: [], config: parts.settings });
  assert.equal(lines[1], "state: recorder: warning: /r: no space");
});

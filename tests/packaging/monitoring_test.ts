import assert from "node:assert/strict";
import { join } from "node:path";
import { output, ROOT } from "../../packaging/child.ts";
import { monitoringFiles } from "../../packaging/monitoring/main.ts";
import { metricTable } from "../../packaging/monitoring/metric_table.ts";
import { tempDir } from "../support/temp_dir.ts";

const DIRECTORY = join(ROOT, "packaging/monitoring");
const FILES = monitoringFiles();

/** The unit tests of other alerts than DfPubsubNodeLag. */
const TESTS_OF_OTHERS = /^ {2}- name: "(?!DfPubsubNodeLag )[^]*?(?=^ {2}- name: |(?![^]))/gm;

interface Panel {
  readonly type: string;
  readonly targets?: readonly { readonly expr: string }[];
  readonly gridPos: { readonly x: number; readonly y: number; w: number; h: number };
}

function panels(): readonly Panel[] {
  return JSON.parse(FILES.get("dashboard.json") ?? "").panels;
}

function expressions(): string[] {
  return panels().flatMap(({ targets = [] }) => targets.map(({ expr }) => expr));
}

for (const [name, content] of FILES) {
  Deno.test(`packaging/monitoring/${name} is made of the metrics: run \`deno task monitoring\``, async () => {
    assert.equal(await Deno.readTextFile(join(DIRECTORY, name)), content);
  });
}

Deno.test("monitoringFiles refuses an alert, when it uses a renamed metric", () => {
  const table = new Map(metricTable());
  const lag = table.get("df_pubsub_peer_lag_events");
  assert(lag !== undefined);
  table.delete(lag.name);
  table.set("df_pubsub_node_lag_events", { ...lag, name: "df_pubsub_node_lag_events" });
  assert.throws(() => monitoringFiles(table), /"df_pubsub_peer_lag_events"/);
});

Deno.test("monitoringFiles refuses a histogram without its suffix", () => {
  const table = new Map(metricTable());
  const lag = table.get("df_pubsub_peer_lag_events");
  assert(lag !== undefined);
  table.set(lag.name, { ...lag, type: "histogram" });
  assert.throws(() => monitoringFiles(table), /"df_pubsub_peer_lag_events"/);
});

Deno.test("promtool accepts the alerts, and each fires and stays silent as it should", async () => {
  await output("promtool", ["check", "rules", "alerts.yml"], { cwd: DIRECTORY });
  await output("promtool", ["test", "rules", "alerts_test.yml"], { cwd: DIRECTORY });
});

Deno.test("promtool test rules fails, when an alert has a different limit", async () => {
  await using directory = await tempDir();
  for (const [name, content] of FILES) {
    const changed = content.replace("lag_events > 10000", "lag_events > 20000");
    await Deno.writeTextFile(directory.join(name), changed.replaceAll(TESTS_OF_OTHERS, ""));
  }
  await assert.rejects(
    output("promtool", ["test", "rules", "alerts_test.yml"], { cwd: directory.path }),
    /DfPubsubNodeLag/,
  );
});

Deno.test("the dashboard has a panel for every metric", () => {
  const all = expressions().join("\n");
  for (const name of metricTable().keys()) assert.match(all, new RegExp(`\\b${name}(_bucket)?\\{`));
});

Deno.test("the dashboard has only queries that promtool can parse", async () => {
  await using directory = await tempDir();
  const rules = expressions().map((expr, index) => ({
    record: `panel:${index}`,
    expr: expr.replaceAll("$__rate_interval", "5m"),
  }));
  const path = directory.join("queries.json");
  await Deno.writeTextFile(path, JSON.stringify({ groups: [{ name: "dashboard", rules }] }));
  await output("promtool", ["check", "rules", path]);
});

Deno.test("the dashboard has no overlapping panels", () => {
  const taken = new Set<string>();
  for (const { gridPos: { x, y, w, h } } of panels()) {
    assert(x + w <= 24);
    for (let cell = 0; cell < w * h; cell++) {
      const at = `${x + cell % w} ${y + Math.floor(cell / w)}`;
      assert(!taken.has(at), at);
      taken.add(at);
    }
  }
});

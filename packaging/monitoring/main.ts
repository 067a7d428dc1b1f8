// Generates the alerts and the dashboard from the metrics of the service: `deno task monitoring`.
import { ALERTS } from "./alerts.ts";
import { dashboard } from "./dashboard.ts";
import { metricTable, requireKnown } from "./metric_table.ts";
import { ruleFile, testFile } from "./rule_files.ts";

/** The generated files of this directory, by name. @throws {Error} for an unknown metric */
export function monitoringFiles(table = metricTable()): ReadonlyMap<string, string> {
  const files = new Map([
    ["alerts.yml", ruleFile(ALERTS)],
    ["alerts_test.yml", testFile(ALERTS, "alerts.yml")],
    ["dashboard.json", dashboard(table)],
  ]);
  for (const content of files.values()) requireKnown(content, table);
  return files;
}

if (import.meta.main) {
  for (const [name, content] of monitoringFiles()) {
    await Deno.writeTextFile(new URL(name, import.meta.url), content);
  }
}

import type { Alert } from "./alert.ts";
import { type Yaml, yaml } from "./yaml.ts";

/** How a file begins that is made by `deno task monitoring`. */
function head(text: string): string {
  return `# ${text}\n# Written by \`deno task monitoring\`.\n`;
}

/** Rules for Prometheus. */
export function ruleFile(alerts: readonly Alert[]): string {
  const rules = alerts.map(({ name, expr, for: span, severity, summary, description }) => ({
    alert: name,
    expr,
    ...(span === undefined ? {} : { for: span }),
    labels: { severity },
    annotations: { summary, description },
  }));
  return head('Alerts for df-pubsub. Scrape /metrics of every service as job "df-pubsub".') +
    yaml({ groups: [{ name: "df-pubsub", rules }] });
}

/** Unit tests of the rules, for `promtool test rules` beside the file of the rules. */
export function testFile(alerts: readonly Alert[], ruleFileName: string): string {
  return head("Unit tests of the alerts, two for each: `promtool test rules` runs them.") + yaml({
    rule_files: [ruleFileName],
    evaluation_interval: "1m",
    tests: alerts.flatMap((alert) => [
      ruleTest(alert, "fires", [firing(alert)]),
      ruleTest(alert, "is quiet", []),
    ]),
  });
}

function ruleTest(
  { name, test }: Alert,
  outcome: "fires" | "is quiet",
  alerts: readonly Yaml[],
): Yaml {
  const input = test.series.map(([series, bad, good]) => ({
    series,
    values: outcome === "fires" ? bad : good,
  }));
  return {
    name: `${name} ${outcome}`,
    interval: "1m",
    input_series: input,
    alert_rule_test: [{ eval_time: test.at, alertname: name, exp_alerts: alerts }],
  };
}

function firing({ severity, summary, description, test }: Alert): Yaml {
  return {
    exp_labels: { severity, ...test.labels },
    exp_annotations: { summary: filled(summary, test), description: filled(description, test) },
  };
}

function filled(template: string, { labels, value = "" }: Alert["test"]): string {
  return template.replaceAll(/\{\{ \$labels\.(\w+) \}\}/g, (_, name: string) => labels[name] ?? "")
    .replaceAll("{{ $value }}", value);
}

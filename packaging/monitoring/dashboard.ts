import type { MetricFamily } from "../../service/publish/metric.ts";
import { type Panel, panelOf, SELECTOR } from "./panels.ts";

const COLUMNS = 24;
const DATA_SOURCE = { type: "prometheus", uid: "${datasource}" };

/** What matters at a glance. */
const GLANCE: readonly Panel[] = [
  stat("Not ready", `count(df_pubsub_ready${SELECTOR} == 0) or vector(0)`, "suffix: services"),
  stat("Events in", `sum(rate(df_pubsub_events_received_total${SELECTOR}[5m]))`, "ops"),
  stat("Events out", `sum(rate(df_pubsub_events_sent_total${SELECTOR}[5m]))`, "ops"),
  stat("Subscribers", `sum(df_pubsub_peers{job="$job", instance=~"$instance", end="network"})`),
  stat("Largest lag", `max(df_pubsub_peer_lag_max_events${SELECTOR})`, "suffix: events"),
  stat(
    "Skipped and lost in 1 h",
    `sum(increase(df_pubsub_peer_events_skipped_total${SELECTOR}[1h])) + ` +
      `sum(increase(df_pubsub_peer_events_lost_total${SELECTOR}[1h]))`,
    "suffix: events",
  ),
];

function stat(title: string, expr: string, unit = "short"): Panel {
  return { title, description: "", unit, queries: [{ expr, legend: "__auto" }] };
}

/** Each metric is in the first section that its name fits. */
const SECTIONS: readonly (readonly [title: string, names: RegExp])[] = [
  ["Events", /^df_pubsub_(events|received|relay|sent)_/],
  ["Subscribers and connections", /^df_pubsub_(connections|peer|peers|reconnects)(_|$)/],
  ["Database and publishers table", /^df_pubsub_(database|publishers|registration|table)(_|$)/],
  ["Service and process", /^/],
];

/** A dashboard for Grafana with a panel for every metric, as JSON. */
export function dashboard(table: ReadonlyMap<string, MetricFamily>): string {
  const families = [...table.values()];
  const sectionOf = ({ name }: MetricFamily) => SECTIONS.find(([, names]) => names.test(name));
  const grid = new Grid();
  grid.add("stat", GLANCE, { width: 4, height: 4 });
  for (const section of SECTIONS) {
    grid.addRow(section[0]);
    const panels = families.filter((family) => sectionOf(family) === section).map(panelOf);
    grid.add("timeseries", panels, { width: 8, height: 8 });
  }
  const document = {
    title: "df-pubsub",
    uid: "df-pubsub",
    description: "The services of df-pubsub. Written by `deno task monitoring`.",
    tags: ["df-pubsub"],
    schemaVersion: 39,
    editable: true,
    graphTooltip: 1,
    refresh: "30s",
    time: { from: "now-3h", to: "now" },
    templating: { list: VARIABLES },
    panels: grid.panels,
  };
  return `${JSON.stringify(document, null, 2)}\n`;
}

function labelVariable(name: string, query: string, isMulti: boolean) {
  return {
    name,
    label: name.charAt(0).toUpperCase() + name.slice(1),
    type: "query",
    datasource: DATA_SOURCE,
    query: { query, refId: name },
    refresh: 2,
    sort: 1,
    multi: isMulti,
    includeAll: isMulti,
  };
}

const VARIABLES = [
  { name: "datasource", label: "Data source", type: "datasource", query: "prometheus" },
  labelVariable("job", "label_values(df_pubsub_build_info, job)", false),
  labelVariable("instance", 'label_values(df_pubsub_build_info{job="$job"}, instance)', true),
];

/** Puts panels side by side, and below those that there are. */
class Grid {
  readonly panels: Readonly<Record<string, unknown>>[] = [];
  #y = 0;

  addRow(title: string): void {
    const gridPos = { x: 0, y: this.#y, w: COLUMNS, h: 1 };
    this.panels.push({ id: this.#id, type: "row", title, collapsed: false, panels: [], gridPos });
    this.#y++;
  }

  add(
    type: "stat" | "timeseries",
    panels: readonly Panel[],
    { width, height }: { readonly width: number; readonly height: number },
  ): void {
    const perLine = COLUMNS / width;
    panels.forEach((panel, index) => {
      const y = this.#y + Math.floor(index / perLine) * height;
      const gridPos = { x: (index % perLine) * width, y, w: width, h: height };
      this.panels.push({ id: this.#id, type, ...panelJson(panel), gridPos });
    });
    this.#y += Math.ceil(panels.length / perLine) * height;
  }

  get #id(): number {
    return this.panels.length + 1;
  }
}

function panelJson({ title, description, unit, queries }: Panel) {
  return {
    title,
    description,
    datasource: DATA_SOURCE,
    fieldConfig: { defaults: { unit, min: 0 }, overrides: [] },
    targets: queries.map(({ expr, legend }, index) => ({
      refId: String.fromCharCode("A".charCodeAt(0) + index),
      expr,
      legendFormat: legend,
    })),
  };
}

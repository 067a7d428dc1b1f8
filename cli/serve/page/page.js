// The page: passes the events of the service to its parts.
import { Chart, element, format } from "./chart.js";
import { duration, nameOf, PeersTable, setText } from "./peers_table.js";

const MAX_SAMPLES = 900;
/** Pause after a refusal, for example because too many pages are open. */
const RETRY_MS = 10_000;

const at = (id) => document.getElementById(id);

const charts = [
  new Chart("Events", "per second", [
    { key: "received", name: "In", className: "one" },
    { key: "sent", name: "Out", className: "two" },
  ]),
  new Chart("Time in the relay", "ms", [
    { key: "p50Ms", name: "p50", className: "one" },
    { key: "p99Ms", name: "p99", className: "two" },
  ]),
  new Chart("Largest lag", "events", [{ key: "lag", name: "Behind", className: "one" }]),
];
const peers = new PeersTable(at("peers"));
let samples = [];
let about = {};
let isPaused = false;
let latest;

function setState(target, text, className) {
  setText(target, text);
  target.className = className;
}

function show(state) {
  latest = state;
  const { now, ready, checks, publishers, total, reason } = state;
  const failed = checks.filter(({ ok }) => !ok);
  setState(at("status"), ready ? "Ready" : "Not ready", ready ? "good" : "bad");
  document.title = `${ready ? "" : "Not ready: "}${about.host} – df-pubsub`;
  setText(at("host"), about.host);
  setText(at("about"), `${about.version}, up ${duration((now - about.startedAt) / 1000)}`);
  peers.arrange();
  showRates(samples.at(-1) ?? {});
  setText(at("total"), format(total));
  showSlowest(peers.slowest);
  showChecks([...failed, ...checks.filter(({ ok }) => ok)]);
  showPublishers(publishers, now);
  const all = format(peers.size);
  const shown = peers.count === peers.size ? all : `${format(peers.count)} of ${all}`;
  setText(at("gone"), peers.gone > 0 ? `and ${format(peers.gone)} gone` : "");
  setText(at("shown"), reason ?? `${shown} shown`);
  for (const chart of charts) chart.draw(samples, now);
}

function showRates({ received, sent, p50Ms, p99Ms, dbMs, lag }) {
  const values = { received, sent, p50: p50Ms, p99: p99Ms, database: dbMs, lag };
  for (const [id, value] of Object.entries(values)) setText(at(id), format(value));
}

function showSlowest(slowest) {
  const text = slowest === undefined ? "" : `${nameOf(slowest)}, ${slowest.state}`;
  setState(at("slowest"), text, slowest?.state === "stuck" ? "bad" : "");
}

/**
 * Replaces the content only if it changes, so that a selection and a screen reader keep their
 * place.
 */
function replaceWhenNew(target, items, make) {
  const text = JSON.stringify(items);
  if (target.dataset.shown === text) return;
  target.dataset.shown = text;
  target.replaceChildren(...items.map(make));
}

function showChecks(checks) {
  replaceWhenNew(at("checks"), checks, ({ name, ok, detail, warning }) => {
    const [state, className] = !ok
      ? ["failed", "bad"]
      : warning === undefined
      ? ["ok", "good"]
      : ["warning", "warn"];
    const label = element("span", { class: className }, state);
    const text = warning === undefined ? detail : `${detail}: ${warning}`;
    return element("li", {}, element("b", {}, `${name}: `, label), ` ${text}`);
  });
}

function showPublishers(publishers, now) {
  const rows = publishers.map(({ id, state, uri, lastActivityAt }) => {
    const age = lastActivityAt === null ? "" : `${duration((now - lastActivityAt) / 1000)} ago`;
    return [id, state, uri ?? "", age];
  });
  at("no-publishers").hidden = rows.length > 0;
  replaceWhenNew(at("publishers"), rows, ([id, state, uri, age]) => {
    const className = { alive: "good", stale: "warn" }[state] ?? "bad";
    return element(
      "tr",
      {},
      element("th", { scope: "row" }, id),
      element("td", { class: className }, state),
      element("td", {}, uri),
      element("td", {}, age),
    );
  });
}

function take({ data }) {
  const state = JSON.parse(data);
  if (state.about !== undefined) {
    about = state.about;
    samples = [];
    peers.clear();
  }
  samples = [...samples, ...state.samples].slice(-MAX_SAMPLES);
  peers.update(state.peers, state.removed ?? [], state.now);
  if (!isPaused) show(state);
}

function connect() {
  const source = new EventSource("/events");
  source.addEventListener("message", take);
  source.addEventListener("error", () => {
    setState(at("status"), "No connection to the service", "bad");
    // A browser reconnects on its own, unless it was refused.
    if (source.readyState !== EventSource.CLOSED) return;
    setTimeout(connect, RETRY_MS);
  });
}

at("charts").append(...charts.map(({ figure }) => figure));
at("filter").addEventListener("input", ({ target }) => {
  peers.filter = target.value;
  if (latest !== undefined) show(latest);
});
at("pause").addEventListener("click", ({ target }) => {
  isPaused = !isPaused;
  target.setAttribute("aria-pressed", String(isPaused));
  setText(target, isPaused ? "Paused" : "Pause");
  if (!isPaused && latest !== undefined) show(latest);
});
connect();

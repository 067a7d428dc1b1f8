import type { TerminalSize } from "../terminal/full_terminal.ts";
import { fit, plainText, widthOf } from "../terminal/cells.ts";
import type { LivePeer, LivePublisher, LiveRate, LiveState } from "./live_state.ts";
import { PeerLayout, type PeerSelection, selectPeers } from "./peer_rows.ts";
import { countText, durationText, millisText } from "../terminal/quantities.ts";

/** The shown state of a service. */
export interface View extends PeerSelection {
  readonly state: LiveState;
  /** Why there is no data, and for how long; undefined while there is. */
  readonly outage: string | undefined;
  readonly isPaused: boolean;
  /** Whether keys edit the filter. */
  readonly isTyping: boolean;
  /** Number of subscribers above the first visible one. */
  readonly offset: number;
}

/** A line of a frame, without control characters and at most as wide as the frame. */
export interface Line {
  readonly text: string;
  readonly style?: "good" | "warn" | "bad" | "heading" | undefined;
}

/** Minimum number of lines below the head: headings, three subscribers, and the keys. */
const MIN_BELOW = 5;
const MAX_PROBLEMS = 4;
const GAP = "   ";
const INDENT = "  ";

/** The lines of a view that fits a terminal: its head, its subscribers and its keys. */
export function frameOf(view: View, { columns, rows }: TerminalSize): readonly Line[] {
  const head = headOf(view, columns).slice(0, Math.max(1, rows - MIN_BELOW));
  const body = bodyOf(view, { columns, rows: rows - head.length - 1 });
  const blanks = Array.from({ length: rows - head.length - body.length - 1 }, () => BLANK);
  return [...head, ...body, ...blanks, { text: fit(keysText(view), columns) }].slice(-rows);
}

/** All lines of a view, without the keys, for output that is not a screen. */
export function plainFrameOf(view: View, columns: number): readonly Line[] {
  return [...headOf(view, columns), ...bodyOf(view, { columns, rows: Infinity })];
}

const BLANK: Line = { text: "" };

function headOf({ state, outage, isPaused }: View, columns: number): Line[] {
  const { rates } = state;
  const inAll = (key: "skipped" | "replayed" | "lost") =>
    countText(state.peers.reduce((sum, peer) => sum + peer[key], 0));
  const flowing = (...parts: readonly string[]) => flow(parts, columns).map((text) => ({ text }));
  return [
    titleOf(state, { outage, isPaused, columns }),
    ...flowing(
      "Events/s",
      `in ${rates === undefined ? "-" : countText(rates.received)}`,
      `out ${rates === undefined ? "-" : countText(rates.sent)}`,
      `relay p50 ${millisText(rates?.p50Ms)}`,
      `p99 ${millisText(rates?.p99Ms)}`,
      `database ${millisText(rates?.dbMs)}`,
    ),
    ...flowing("Nodes", ...nodeParts(state)),
    ...flowing(
      "Missed",
      `skipped ${inAll("skipped")}`,
      `replayed ${inAll("replayed")}`,
      `lost ${inAll("lost")}`,
    ),
    ...problemsOf(state, columns),
    ...publisherLines(state.publishers, columns),
    ...flowing(
      "Checks",
      ...state.checks.map(({ name, isOk }) => `${name} ${isOk ? "ok" : "failed"}`),
    ),
    ...rateLines("Topics", state.topics, columns),
    ...rateLines("Tables", state.tables, columns),
    BLANK,
  ];
}

function titleOf(
  { isReady, host, version, upSeconds }: LiveState,
  { outage, isPaused, columns }: {
    readonly outage: string | undefined;
    readonly isPaused: boolean;
    readonly columns: number;
  },
): Line {
  const status = outage ?? (isReady ? "READY" : "NOT READY");
  const parts = [
    ...isPaused ? ["PAUSED"] : [],
    status,
    host,
    `df-pubsub ${version}, up ${durationText(upSeconds)}`,
  ];
  const style = outage !== undefined || !isReady ? "bad" : isPaused ? "warn" : "good";
  return { text: fit(parts.join(GAP), columns), style };
}

function nodeParts({ peers, total, reason }: LiveState): string[] {
  if (reason !== undefined) return [`unknown: ${reason}`];
  const counted = (state: LivePeer["state"]) => {
    const { length } = peers.filter((peer) => peer.state === state);
    return length === 0 ? [] : [`${length} ${state}`];
  };
  const [slowest] = selectPeers(peers, { sort: "behind", isReversed: false, filter: "" });
  const worst = slowest !== undefined && slowest.behind > 0
    ? [`slowest ${fit(slowest.name, 40)}: ${countText(slowest.behind)} behind`]
    : [];
  return [
    `${total} connected`,
    ...counted("behind"),
    ...counted("stuck"),
    ...counted("gone"),
    ...worst,
  ];
}

function problemsOf({ checks }: LiveState, columns: number): Line[] {
  return checks.filter(({ isOk, warning }) => !isOk || warning !== undefined)
    .slice(0, MAX_PROBLEMS)
    .map(({ name, isOk, detail, warning }) => {
      const text = `${name}: ${detail}${warning === undefined ? "" : `: ${warning}`}`;
      return { text: fit(`${INDENT}${text}`, columns), style: isOk ? "warn" : "bad" };
    });
}

function publisherLines(publishers: readonly LivePublisher[], columns: number): Line[] {
  const isAlive = ({ state }: LivePublisher) => state === "alive";
  const others = publishers.filter((each) => !isAlive(each));
  const counts = flow(
    ["Publishers", `${publishers.length - others.length} alive`, ...stateCounts(others)],
    columns,
  );
  const named = others.slice(0, MAX_PROBLEMS).map(({ id, state, uri, silentFor }): Line => {
    const age = silentFor === undefined ? "" : ` for ${durationText(silentFor)}`;
    return { text: fit(`${INDENT}${state}${age}: ${id} ${uri}`.trimEnd(), columns), style: "warn" };
  });
  return [...counts.map((text) => ({ text })), ...named];
}

function stateCounts(publishers: readonly LivePublisher[]): string[] {
  return ["stale", "unreadable"].flatMap((state) => {
    const { length } = publishers.filter((each) => each.state === state);
    return length === 0 ? [] : [`${length} ${state}`];
  });
}

/** One line with as many of the busiest as fit. */
function rateLines(title: string, rates: readonly LiveRate[] | undefined, columns: number): Line[] {
  if (rates === undefined || rates.length === 0) return [];
  const parts = rates.map(({ name, rate }) => `${fit(name, 40)} ${countText(rate)}/s`);
  return [{ text: fit([title, ...parts].join(GAP), columns) }];
}

function bodyOf(view: View, { columns, rows }: TerminalSize): Line[] {
  const peers = selectPeers(view.state.peers, view);
  const layout = new PeerLayout(columns);
  const first = Math.min(view.offset, Math.max(0, peers.length - (rows - 1)));
  const shown = peers.slice(first, first + Math.max(0, rows - 1));
  const heading: Line = { text: fit(layout.heading, columns), style: "heading" };
  return [heading, ...shown.map((peer) => peerLine(peer, layout, columns))].slice(0, rows);
}

const STYLES = { stuck: "bad", gone: "bad", behind: "warn", current: undefined } as const;

function peerLine(peer: LivePeer, layout: PeerLayout, columns: number): Line {
  return { text: fit(layout.row(peer), columns), style: STYLES[peer.state] };
}

function keysText({ isTyping, filter, sort, isReversed, isPaused }: View): string {
  if (isTyping) return `Filter: ${filter}_   Enter: keep   Esc: all`;
  const order = `s sort: ${sort}${isReversed ? " (reversed)" : ""}`;
  const wanted = filter === "" ? "/ filter" : `/ filter: ${filter}`;
  return ["q quit", isPaused ? "p resume" : "p pause", order, "r reverse", wanted, "Up Down"]
    .join(GAP);
}

/** Parts in as many lines as necessary; a part that is too long is cut. */
function flow(parts: readonly string[], columns: number): string[] {
  const lines: string[] = [];
  for (const part of parts) {
    const last = lines.at(-1);
    const joined = last === undefined ? part : `${last}${GAP}${plainText(part)}`;
    if (last !== undefined && widthOf(plainText(joined)) <= columns) {
      lines[lines.length - 1] = joined;
    } else lines.push(fit(last === undefined ? part : `${INDENT}${part}`, columns));
  }
  return lines;
}

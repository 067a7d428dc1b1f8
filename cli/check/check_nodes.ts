import { messageOf } from "../../drivers/contract/errors.ts";
import { peersOf, type SeenPeer, type SeenPeers } from "../bus/page_contents.ts";
import { fetchPage, type TimedAccess } from "../bus/service_pages.ts";
import {
  type CheckMeasure,
  type CheckResult,
  type CheckState,
  type Limits,
  worstOf,
} from "./check_report.ts";
import { counted } from "../terminal/quantities.ts";

/** The limits for the subscribers of a service. */
export interface NodeLimits {
  /** Number of events that a subscriber is behind. */
  readonly lag: Limits;
  /** Number of events that a subscriber has missed since it connected. */
  readonly lost: Limits;
  /** Minimum number of subscribers. */
  readonly nodes: Limits;
}

/**
 * Checks the subscribers of a service, and names the slowest one and the one that missed most
 * events. No result if the service does not know them and there is no limit for them.
 */
export async function checkNodes(
  base: URL,
  limits: NodeLimits,
  access: TimedAccess,
): Promise<CheckResult[]> {
  const isWanted = Object.values(limits).some(({ warn, crit }: Limits) =>
    (warn ?? crit) !== undefined
  );
  const unknown = (why: string) =>
    isWanted ? [result({ state: "unknown", detail: why, measures: [] })] : [];
  try {
    const { status, body } = await fetchPage(new URL("/peers", base), access);
    if (status === 401) {
      return unknown(
        `${base.origin} requires the token of [df] http_token_file, or a client certificate`,
      );
    }
    const found = status === 200 ? peersOf(body) : undefined;
    if (found === undefined) return unknown(`${base.origin} does not serve a page of subscribers`);
    return found.reason === undefined ? [result(judge(found, limits))] : unknown(found.reason);
  } catch (error) {
    return unknown(messageOf(error));
  }
}

function result(judged: Pick<CheckResult, "detail" | "measures" | "state">): CheckResult {
  return { name: "nodes", isReachable: true, ...judged };
}

function judge(
  { total, peers }: SeenPeers,
  limits: NodeLimits,
): Omit<CheckResult, "name" | "isReachable"> {
  const slowest = worst(peers, "lag");
  const poorest = worst(peers, "missed");
  const details = [
    `${total} connected`,
    ...(slowest === undefined
      ? []
      : [`${slowest.name} is ${counted(slowest.lag, "event")} behind`]),
    ...(poorest === undefined
      ? []
      : [`${poorest.name} has missed ${counted(poorest.missed, "event")}`]),
  ];
  const measures = [
    { name: "nodes", value: total, limits: limits.nodes, isAtLeast: true },
    measure("lag", { value: slowest?.lag, node: slowest?.name, limits: limits.lag }),
    measure("lost", { value: poorest?.missed, node: poorest?.name, limits: limits.lost }),
  ];
  return { state: worstOf(measures.map(stateOf)), detail: details.join(", "), measures };
}

function worst(peers: readonly SeenPeer[], by: "lag" | "missed"): SeenPeer | undefined {
  return peers.filter((peer) => peer[by] > 0).toSorted((one, other) => other[by] - one[by])[0];
}

function measure(
  name: string,
  { value = 0, node, limits }: {
    readonly value: number | undefined;
    readonly node: string | undefined;
    readonly limits: Limits;
  },
): CheckMeasure {
  return { name, value, limits, ...(node !== undefined && { labels: { node } }) };
}

function stateOf({ value, limits = {}, isAtLeast = false }: CheckMeasure): CheckState {
  const exceeds = (limit: number | undefined) =>
    limit !== undefined && (isAtLeast ? value < limit : value >= limit);
  return exceeds(limits.crit) ? "critical" : exceeds(limits.warn) ? "warning" : "ok";
}

import { messageOf } from "../../drivers/contract/errors.ts";
import { fetchPage, isRecord, jsonObject } from "../bus/service_pages.ts";
import { type CheckMeasure, type CheckResult, type CheckState, worstOf } from "./check_report.ts";

/** From which value on a number is worth a warning, and critical. */
export interface Limits {
  readonly warn?: number | undefined;
  readonly crit?: number | undefined;
}

/** What the subscribers of a service are judged by. */
export interface NodeLimits {
  /** Events that a subscriber is behind. */
  readonly lag: Limits;
  /** Events that a subscriber has missed since it connected. */
  readonly lost: Limits;
  /** Number of subscribers, at least. */
  readonly nodes: Limits;
}

/** A page of 1,000 peers has at most 4 MiB of text. */
const MAX_PAGE_BYTES = 16 * 1024 * 1024;

/** A subscriber as its service sees it. */
interface Node {
  /** Its name, or the address of one of the original. */
  readonly name: string;
  readonly lag: number;
  readonly missed: number;
}

interface Nodes {
  readonly total: number;
  readonly nodes: readonly Node[];
  /** Why the service sees none. */
  readonly reason: string | undefined;
}

/**
 * Looks at the subscribers of a service, and names the slowest and the one that missed the most.
 * Nothing where the service does not show them and no limit asks for them.
 */
export async function checkNodes(
  base: URL,
  limits: NodeLimits,
  timeoutMs: number,
): Promise<CheckResult[]> {
  const isWanted = Object.values(limits).some(({ warn, crit }: Limits) =>
    (warn ?? crit) !== undefined
  );
  const unknown = (why: string) =>
    isWanted ? [result({ state: "unknown", detail: `not known: ${why}`, measures: [] })] : [];
  try {
    const options = { timeoutMs, maxBytes: MAX_PAGE_BYTES };
    const { status, body } = await fetchPage(new URL("/peers", base), options);
    const found = status === 200 ? nodesOf(body) : undefined;
    if (found === undefined) return unknown(`${base.origin} has no page of subscribers`);
    return found.reason === undefined ? [result(judge(found, limits))] : unknown(found.reason);
  } catch (error) {
    return unknown(messageOf(error));
  }
}

function result(judged: Pick<CheckResult, "detail" | "measures" | "state">): CheckResult {
  return { name: "nodes", isReachable: true, ...judged };
}

function nodesOf(body: string): Nodes | undefined {
  const { total, peers, reason } = jsonObject(body) ?? {};
  if (typeof total !== "number" || !Array.isArray(peers)) return undefined;
  const nodes = peers.filter(isRecord).map(nodeOf);
  return { total, nodes, reason: typeof reason === "string" ? reason : undefined };
}

function nodeOf({ node, address, ...peer }: Readonly<Record<string, unknown>>): Node {
  const [backlog, applied] = [peer["backlog"], peer["applied"]];
  return {
    name: typeof node === "string" ? node : String(address),
    lag: Math.max(countIn(backlog, "events"), countIn(applied, "behind")),
    missed: countIn(peer, "skipped") + countIn(peer, "lost"),
  };
}

function countIn(record: unknown, name: string): number {
  return isRecord(record) && typeof record[name] === "number" ? record[name] : 0;
}

function judge(
  { total, nodes }: Nodes,
  limits: NodeLimits,
): Omit<CheckResult, "name" | "isReachable"> {
  const slowest = worst(nodes, "lag");
  const poorest = worst(nodes, "missed");
  const details = [
    `${total} connected`,
    ...(slowest === undefined ? [] : [`${slowest.name} is ${slowest.lag} events behind`]),
    ...(poorest === undefined ? [] : [`${poorest.name} has missed ${poorest.missed}`]),
  ];
  const measures = [
    { name: "nodes", value: total, limits: limits.nodes, isAtLeast: true },
    measure("lag", { value: slowest?.lag, node: slowest?.name, limits: limits.lag }),
    measure("lost", { value: poorest?.missed, node: poorest?.name, limits: limits.lost }),
  ];
  return { state: worstOf(measures.map(stateOf)), detail: details.join(", "), measures };
}

function worst(nodes: readonly Node[], by: "lag" | "missed"): Node | undefined {
  return nodes.filter((node) => node[by] > 0)
    .reduce<Node | undefined>(
      (most, node) => most && most[by] >= node[by] ? most : node,
      undefined,
    );
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

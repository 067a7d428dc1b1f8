import { messageOf } from "../../drivers/contract/errors.ts";
import type { PeersReport } from "../../service/controller/observability/peers_report.ts";
import { askService, type ServicePlace } from "../../service/fleet/service_place.ts";
import type { AppliedReport, StragglerState } from "../../service/protocol/applied_report.ts";
import { appliedTarget } from "../../service/protocol/applied_target.ts";
import type { RowEvent } from "../../service/protocol/row_events.ts";

/** A node that subscribes to the topic of an event. */
export interface RowNode {
  readonly node: string;
  readonly address: string;
  /** `unknown`: it reports nothing, as nodes of the original. */
  readonly state: StragglerState | "applied" | "unknown";
  /** Events of the topic after the last one that it has; null when that is not known. */
  readonly behind: number | null;
}

/** Which nodes have applied an event. */
export interface RowNodes {
  readonly nodes: readonly RowNode[];
  /** Why that cannot be known, although nothing is wrong. */
  readonly notes: readonly string[];
  /** Why that is not known, or not for all. */
  readonly problems: readonly string[];
}

const TIMEOUT_MS = 5_000;
const MAX_PAGE_BYTES = 8 * 1024 * 1024;
const AN_HOUR_MS = 3_600_000;

/** Asks the publisher of an event which nodes have applied it. */
export async function rowNodes(place: ServicePlace, event: RowEvent): Promise<RowNodes> {
  const { topic, publisher, epoch, seq } = event;
  if (publisher === null || epoch === null || seq === null) {
    return nodesUnknown("The last event has no sequence number");
  }
  const bounds = { timeoutMs: TIMEOUT_MS, maxBytes: MAX_PAGE_BYTES };
  const target = appliedTarget({
    topic,
    position: { publisher, epoch, topic, seq },
    nodes: "all",
    waitMs: 0,
    waitedMs: 0,
    ignoreOlderThanMs: AN_HOUR_MS,
  });
  try {
    const applied = await askService<AppliedReport>(place, target, bounds);
    const note = noteOn(applied);
    if (note !== undefined) return { nodes: [], notes: [note], problems: [] };
    const peers = await askService<PeersReport>(place, "/peers", bounds);
    const reason = applied.reason ?? peers.reason;
    if (reason !== undefined) return nodesUnknown(reason);
    const notes = isForTopic(applied)
      ? [`Nodes that are behind in topic "${topic}" may have applied the last event of the row`]
      : [];
    return { nodes: nodesOf(applied, peers, topic), notes, problems: [] };
  } catch (error) {
    return nodesUnknown(messageOf(error));
  }
}

/** Why a publisher cannot know which nodes have applied an event, although nothing is wrong. */
function noteOn({ publisher, reason, hasRestarted, isUnsupported }: AppliedReport) {
  const name = `Publisher ${publisher.slice(0, 8)}`;
  if (hasRestarted) {
    return `${name} has restarted since the last event: it is not known which nodes have applied it`;
  }
  if (isUnsupported) return `It is not known which nodes have applied the last event: ${reason}`;
  return undefined;
}

/** Whether the report is about the last event of the topic: with a broker there is no other one. */
function isForTopic({ position, stragglers, ignored }: AppliedReport): boolean {
  return position !== null && "position" in position && stragglers.length + ignored.length > 0;
}

/** The answer if the nodes are not known, although they should be. */
export function nodesUnknown(problem: string): RowNodes {
  return { nodes: [], notes: [], problems: [problem] };
}

function nodesOf(
  { stragglers, ignored }: AppliedReport,
  { peers }: PeersReport,
  topic: string,
): RowNode[] {
  const behind = [...stragglers, ...ignored];
  const addresses = new Set(behind.map(({ address }) => address));
  const others = peers.filter((peer) => !addresses.has(peer.address) && subscribes(peer, topic));
  return [
    ...others.map((peer): RowNode => ({
      node: peer.node ?? peer.address,
      address: peer.address,
      state: peer.applied === null ? "unknown" : "applied",
      behind: peer.applied === null ? null : 0,
    })),
    ...behind.map(({ node, address, state, behind }): RowNode => ({
      ...{ node, address, state, behind },
    })),
  ];
}

/** A subscriber with more topics than the page lists may have this one, too. */
function subscribes({ topics, topicCount }: PeersReport["peers"][number], topic: string): boolean {
  return topics.includes(topic) || topicCount > topics.length;
}

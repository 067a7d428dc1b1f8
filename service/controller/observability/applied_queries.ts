import { utcTime } from "../../../drivers/contract/utc_time.ts";
import type { AppliedTracker, TopicSubscriber } from "../../../drivers/contract/peer_state.ts";
import type { FramePublisher } from "../../../drivers/contract/pubsub.ts";
import { messageOf } from "../../../drivers/contract/errors.ts";
import { sleep } from "../../../drivers/contract/waiting.ts";
import {
  type AppliedQuery,
  type AppliedReport,
  isApplied,
  type Straggler,
  type StragglerState,
} from "../../protocol/applied_report.ts";
import { nodesNeeded } from "../../protocol/nodes_wanted.ts";
import type { Position } from "../../protocol/position_log.ts";

/** Maximum number of callers that may wait; further ones get an answer at once. */
const MAX_WAITING = 16;
const MAX_WAIT_MS = 2_000;
const MAX_LISTED = 1_000;
/** Minimum and maximum time between two checks: subscribers also connect and disconnect. */
const PAUSE_MS = 5;
const LOOK_MS = 250;
/** A position that has not changed for this time is stuck. */
const MOVING_MS = 3_000;
/** Time for which a node that stopped answering counts as stuck before it counts as gone. */
const SILENT_MS = 10_000;

/** Options of {@linkcode AppliedQueries}. */
export interface AppliedQueriesOptions {
  /** The id of the service. */
  readonly id: string;
  readonly publisher: Pick<FramePublisher, "applied">;
  /**
   * Whether subscribers connect to the service, so that its own sequence numbers identify events.
   */
  readonly isBound: boolean;
  /** The position of the last event of a topic; undefined for a topic without events. */
  readonly positionOf: (
    topic: string,
  ) => { readonly epoch: number; readonly seq: number } | undefined;
}

/** The position of an event among the frames of its topic, or the reason why it is unknown. */
type Found =
  | { readonly place: string | undefined; readonly position: Position | null }
  | { readonly reason: string; readonly hasRestarted?: boolean };

/** Determines which nodes have applied an event. */
export class AppliedQueries {
  readonly #options: AppliedQueriesOptions;
  #waiting = 0;

  constructor(options: AppliedQueriesOptions) {
    this.#options = options;
  }

  /** Resolves when enough nodes have applied the event, or after `waitMs`, at most two seconds. */
  async report(query: AppliedQuery): Promise<AppliedReport> {
    try {
      return await this.#look(query);
    } catch (error) {
      return nothingKnown(this.#options.id, query, messageOf(error));
    }
  }

  async #look(query: AppliedQuery): Promise<AppliedReport> {
    const tracker = this.#options.publisher.applied;
    if (tracker === undefined) {
      const reason = "the network driver does not know what its subscribers have applied";
      return { ...nothingKnown(this.#options.id, query, reason), isUnsupported: true };
    }
    const found = await this.#find(query, tracker);
    if ("reason" in found) {
      return { ...nothingKnown(this.#options.id, query, found.reason), ...found };
    }
    const start = performance.now();
    const waitMs = this.#waiting >= MAX_WAITING ? 0 : Math.min(query.waitMs, MAX_WAIT_MS);
    this.#waiting++;
    try {
      for (;;) {
        const gone = performance.now() - start;
        const { place } = found;
        const subscribers = place === undefined
          ? []
          : await tracker.subscribers(query.topic, place);
        const waitedMs = query.waitedMs + gone;
        const report = this.#report({ ...query, waitedMs }, { ...found, subscribers });
        if (isApplied(report) || gone >= waitMs) return report;
        const lookedAt = performance.now();
        const timeoutMs = Math.min(LOOK_MS, waitMs - gone);
        const count = report.needed - report.applied;
        if (place === undefined) await sleep(timeoutMs);
        else await tracker.reached(query.topic, place, { count, timeoutMs });
        const pauseMs = PAUSE_MS - (performance.now() - lookedAt);
        if (pauseMs > 0) await sleep(pauseMs);
      }
    } finally {
      this.#waiting--;
    }
  }

  async #find({ topic, position }: AppliedQuery, tracker: AppliedTracker): Promise<Found> {
    const { id, isBound } = this.#options;
    if (position !== undefined && "position" in position) {
      if (isBound) {
        return { reason: "the position is that of a broker, wanted that of a publisher" };
      }
      return { place: position.position, position };
    }
    if (!isBound) {
      const place = await tracker.place(topic);
      return { place, position: place === undefined ? null : { topic, position: place } };
    }
    const last = this.#options.positionOf(topic);
    if (position === undefined) {
      const own = last && { publisher: id, epoch: last.epoch, topic, seq: last.seq };
      return { place: await tracker.place(topic), position: own ?? null };
    }
    if (position.publisher !== id) {
      return { reason: `the position does not belong to publisher "${id}"` };
    }
    const hasRestarted = position.epoch !== last?.epoch;
    if (last === undefined || hasRestarted || position.seq > last.seq) {
      const why = hasRestarted ? "it has restarted since" : "it has not sent that event";
      const reason = `the publisher does not know the position: ${why}`;
      return { reason, hasRestarted };
    }
    return { place: await tracker.place(topic, last.seq - position.seq), position };
  }

  #report(
    { topic, nodes, waitedMs, ignoreOlderThanMs }: AppliedQuery,
    found: {
      readonly position: Position | null;
      readonly subscribers: readonly TopicSubscriber[];
    },
  ): AppliedReport {
    const able = found.subscribers.filter(({ session }) => session !== undefined);
    const awayMs = (each: TopicSubscriber) => Date.now() - (each.departed?.leftAt ?? Infinity);
    const ignored = able.filter((each) => awayMs(each) > ignoreOlderThanMs);
    const counted = able.filter((each) => awayMs(each) <= ignoreOlderThanMs);
    const behind = counted.filter(({ hasApplied }) => !hasApplied)
      .sort((one, other) => (other.behind ?? Infinity) - (one.behind ?? Infinity) || 0);
    const list = (some: readonly TopicSubscriber[]) =>
      some.slice(0, MAX_LISTED).map((each) => stragglerOf(each, waitedMs));
    return {
      publisher: this.#options.id,
      topic,
      position: found.position,
      nodes: counted.length,
      applied: counted.length - behind.length,
      needed: nodesNeeded(nodes, counted.length),
      stragglers: list(behind),
      ignored: list(ignored),
      unable: found.subscribers.length - able.length,
    };
  }
}

/** The report of a service that does not know. */
export function nothingKnown(
  publisher: string,
  { topic }: Pick<AppliedQuery, "topic">,
  reason: string,
): AppliedReport {
  const none = { nodes: 0, applied: 0, needed: 0, stragglers: [], ignored: [], unable: 0 };
  return { publisher, topic, position: null, ...none, reason };
}

function stragglerOf(subscriber: TopicSubscriber, waitedMs: number): Straggler {
  const { session, address, behind, ageMs, departed } = subscriber;
  return {
    node: session?.node ?? "",
    address,
    processId: session?.processId ?? 0,
    version: session?.version ?? "",
    state: stateOf(subscriber, waitedMs),
    behind: behind ?? null,
    goneSince: departed === undefined ? null : utcTime(departed.leftAt),
    silentMs: ageMs ?? null,
  };
}

/** A node that no longer answers may only be stuck; after a while it counts as gone. */
function stateOf(
  { departed, ageMs = Infinity }: TopicSubscriber,
  waitedMs: number,
): StragglerState {
  if (departed === undefined) {
    return ageMs < Math.min(waitedMs, MOVING_MS) ? "catching-up" : "stuck";
  }
  return departed.isSilent && Date.now() - departed.leftAt < SILENT_MS ? "stuck" : "gone";
}

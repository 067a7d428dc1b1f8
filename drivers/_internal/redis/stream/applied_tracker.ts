import type { Redis } from "ioredis";
import type {
  AppliedTracker,
  DepartedPeer,
  PeerState,
  ReportedPeers,
  TopicSubscriber,
} from "../../../contract/peer_state.ts";
import { DriverError } from "../../../contract/errors.ts";
import { sleep, type WaitOptions } from "../../../contract/waiting.ts";
import {
  type AppliedRecord,
  BEAT_MS,
  NODES_KEY,
  NODES_SLOT,
  parseRecord,
} from "./applied_record.ts";
import type { RedisOfSlot } from "../pubsub/routes.ts";
import { compareIds, parseId } from "./position.ts";
import { StreamLags } from "./stream_lags.ts";
import { bucketOf, bucketSlot, streamKey } from "./topic.ts";

/** A subscriber that has not reported for this time counts as disconnected. */
const AWAY_MS = 3 * BEAT_MS;
const MAX_AGE_MS = 3_600_000;
const POLL_MS = 50;

/** A record, and its age when it was read. */
interface Seen {
  readonly record: AppliedRecord;
  readonly ageMs: number;
  readonly movedMs: number;
}

/** The reports of the subscribers of streams; a position is the id of an entry. */
export class StreamAppliedTracker implements AppliedTracker {
  readonly #redis: RedisOfSlot;

  constructor(redis: RedisOfSlot) {
    this.#redis = redis;
  }

  async place(topic: string): Promise<string | undefined> {
    const redis = this.#connected(bucketSlot(bucketOf(topic)));
    const [last] = await redis.xrevrange(streamKey(topic), "+", "-", "COUNT", 1);
    return last?.[0];
  }

  async subscribers(topic: string, place: string): Promise<readonly TopicSubscriber[]> {
    const wanted = parseId(place.split("/", 1)[0] ?? "");
    const all = await this.#look();
    const lags = new StreamLags((slot) => this.#connected(slot));
    const found = all.map(async (seen): Promise<TopicSubscriber[]> => {
      const { record, ageMs } = seen;
      const id = record.topics.get(topic);
      if (id === undefined) return ageMs <= AWAY_MS ? unknownIn(record) : [];
      const hasApplied = compareIds(id, wanted) >= 0;
      return [{
        address: record.host,
        session: record,
        hasApplied,
        behind: hasApplied ? 0 : (await lags.after(topic, id))?.events,
        ageMs: seen.movedMs,
        ...(ageMs > AWAY_MS && { departed: departedOf(seen) }),
      }];
    });
    return (await Promise.all(found)).flat();
  }

  /** The server does not tell of reports: it is asked again soon. */
  async reached(
    _topic: string,
    _place: string,
    { timeoutMs = POLL_MS, signal }: WaitOptions,
  ): Promise<void> {
    await sleep(Math.min(timeoutMs, POLL_MS), signal);
  }

  async reported(): Promise<ReportedPeers> {
    const all = await this.#look();
    const lags = new StreamLags((slot) => this.#connected(slot));
    const here = all.filter(({ ageMs }) => ageMs <= AWAY_MS);
    return {
      peers: await Promise.all(here.map((seen) => stateOf(seen, lags))),
      departed: all.filter(({ ageMs }) => ageMs > AWAY_MS).map(departedOf),
    };
  }

  /** All records of the last hour; older ones are removed. */
  async #look(): Promise<readonly Seen[]> {
    const redis = this.#connected(NODES_SLOT);
    const [fields, [seconds, micros]] = await Promise.all([redis.hgetall(NODES_KEY), redis.time()]);
    const now = Number(seconds) * 1000 + Number(micros) / 1000;
    const old: string[] = [];
    const seen = Object.entries(fields).flatMap(([id, text]): Seen[] => {
      const record = parseRecord(text);
      const ageMs = now - (record?.at ?? 0);
      if (record === undefined || ageMs > MAX_AGE_MS) {
        old.push(id);
        return [];
      }
      return [{ record, ageMs, movedMs: Math.max(0, Math.round(now - record.movedAt)) }];
    });
    if (old.length > 0) await redis.hdel(NODES_KEY, ...old).catch(() => {});
    return seen.filter((each) => !isReplaced(each, seen));
  }

  #connected(slot: number): Redis {
    const redis = this.#redis(slot);
    if (redis !== undefined) return redis;
    throw new DriverError(
      "TRANSPORT_FAILED",
      "Cannot ask Redis which events nodes have applied: not connected",
    );
  }
}

/** Whether a disconnected subscriber has reconnected as another subscriber of its node. */
function isReplaced({ record, ageMs }: Seen, all: readonly Seen[]): boolean {
  return ageMs > AWAY_MS &&
    all.some((other) => other.record.node === record.node && other.record.connectedAt > record.at);
}

/** A subscriber of unknown state, if it has topics that its report does not list; or nothing. */
function unknownIn({ host, topics, topicCount }: AppliedRecord): TopicSubscriber[] {
  if (topicCount <= topics.size) return [];
  const unknown = { session: undefined, behind: undefined, ageMs: undefined };
  return [{ address: host, hasApplied: false, ...unknown }];
}

function departedOf({ record, ageMs }: Seen): DepartedPeer {
  const leftAt = Math.round(Date.now() - ageMs);
  return { address: record.host, session: record, leftAt, isSilent: true };
}

async function stateOf({ record, ageMs, movedMs }: Seen, lags: StreamLags): Promise<PeerState> {
  const { topics, topicCount, connectedAt } = record;
  const each = await Promise.all(Array.from(topics, ([topic, id]) => lags.after(topic, id)));
  const known = each.filter((lag) => lag !== undefined);
  const behind = known.reduce((sum, { events }) => sum + events, 0);
  const behindMs = Math.max(0, ...known.map((lag) => lag.ageMs));
  return {
    address: record.host,
    session: record,
    socketType: "",
    topics: (most) => [...topics.keys()].slice(0, most),
    topicCount,
    connectedAt: Math.round(Date.now() - ageMs - (record.at - connectedAt)),
    lag: behind,
    backlog: () => ({ events: 0, bytes: 0 }),
    skipped: 0,
    replayed: 0,
    lost: 0,
    applied: () => ({ behind, behindMs, ageMs: movedMs }),
  };
}

import type { DriverError } from "../../../contract/errors.ts";
import type { Frame } from "../../../contract/pubsub.ts";
import { type EtcdEvent, EtcdWatch, type WatchHooks, type WatchRange } from "../watch.ts";
import type { TopicStart } from "./past_search.ts";
import { type EtcdBeginning, type EtcdPosition, formatPosition } from "./position.ts";
import { eventsIn } from "./shared_value.ts";
import { ALL_TOPICS, topicKey, topicOfKey } from "./topic_key.ts";

/** The state of a subscriber in one topic, or in all. */
export class TopicCursor {
  /** Empty for all topics. */
  readonly topic: string;
  readonly range: WatchRange;
  /** Undefined until it is known where the topic begins. */
  watch: EtcdWatch | undefined;
  refusal: DriverError | undefined;
  state: "unconfirmed" | "live" | "refused" = "unconfirmed";
  /** Whether the end of the past is to be reported, and the last revision of the past. */
  past: { end: number | undefined } | undefined;
  /** Whether events that are no longer kept do not count as missed. */
  isHistory: boolean;
  /** For a topic that begins now: why events may be lost before it is live. */
  missed: string | undefined;
  #skip: TopicStart["skip"];

  constructor(topic: string, beginning: EtcdBeginning | undefined) {
    this.topic = topic;
    this.range = topic === "" ? ALL_TOPICS : { key: topicKey(topic) };
    this.past = beginning === undefined ? undefined : { end: undefined };
    this.isHistory = beginning !== undefined && typeof beginning.since !== "object";
  }

  /** The last revision whose events the watch has passed on; 0 without a watch. */
  get after(): number {
    return this.watch?.after ?? 0;
  }

  /** Notes that events may be lost if the topic begins now, and its beginning is not known yet. */
  miss(reason: string): void {
    if (this.after === 0 && this.past === undefined) this.missed ??= reason;
  }

  /** Creates the watch when it is known where the topic begins. */
  begin(start: TopicStart, hooks: WatchHooks): EtcdWatch {
    this.#skip = start.skip;
    const onGap = (reason: string) => {
      // After a gap, this revision may have other events.
      this.#skip = undefined;
      hooks.onGap(reason);
    };
    return this.watch = new EtcdWatch(this.range, { ...hooks, onGap }, start);
  }

  /** The events of a change of the key. */
  framesOf({ type, kv }: EtcdEvent): Frame[] {
    const topic = this.topic || topicOfKey(kv.key);
    if (type === "DELETE" || topic === undefined) return [];
    const cluster = this.watch?.cluster;
    const revision = Number(kv.mod_revision);
    const payloads = eventsIn(kv);
    const frames = payloads.map((payload, index) => {
      const count = index + 1 === payloads.length ? 0 : index + 1;
      return new EtcdFrame(topic, payload, { revision, count, cluster });
    });
    return revision === this.#skip?.revision ? frames.slice(this.#skip.count) : frames;
  }
}

/** An event of a topic. Its position is created on demand. */
class EtcdFrame implements Frame {
  readonly topic: string;
  readonly payload: Uint8Array;
  readonly #position: EtcdPosition;

  constructor(topic: string, payload: Uint8Array, position: EtcdPosition) {
    this.topic = topic;
    this.payload = payload;
    this.#position = position;
  }

  get position(): string {
    return formatPosition(this.#position);
  }
}

import type { Logger } from "../../../contract/logger.ts";
import { messageOf } from "../../../contract/errors.ts";
import type { RecorderReader } from "../../../contract/recorder.ts";
import { Semaphore } from "../../../contract/semaphore.ts";
import { PastReader, type PastReaderOptions } from "./past_reader.ts";
import { Fold } from "../refusals.ts";
import type { SubscriberPeer } from "./subscriber_peer.ts";
import type { Topic } from "./topic_table.ts";
import type { PastBounds, WireLog } from "./wire_log.ts";

/** Number of subscribers that read the recorder at once. Each has a segment in memory. */
const MAX_READERS = 2;

/** Topics that begin in the past: in the log or, if it does not reach back, in the recorder. */
export class RecordedPast {
  readonly #log: WireLog;
  readonly #options: PastReaderOptions | undefined;
  readonly #readers = new Map<SubscriberPeer, PastReader>();
  readonly #running = new Set<Promise<void>>();

  constructor(
    { log, topics, rounds }: Pick<PastReaderOptions, "log" | "rounds" | "topics">,
    recorder: RecorderReader | undefined,
    warnings: Logger,
  ) {
    const fold = new Fold(warnings, 1);
    const onFailure = (error: unknown) =>
      fold.warn(`Cannot read the recorder for a subscriber: ${messageOf(error)}`);
    const permits = new Semaphore(MAX_READERS);
    this.#log = log;
    this.#options = recorder && { recorder, log, topics, rounds, permits, onFailure };
  }

  /** Subscribes a peer to a topic from past events on, at once or when it has got recorded ones. */
  want(peer: SubscriberPeer, topic: Topic, wanted: PastBounds): void {
    const options = this.#log.hasPast(topic, wanted) ? undefined : this.#options;
    const reader = options && (this.#readers.get(peer) ?? this.#start(peer, options));
    if (!reader?.add(topic, wanted)) peer.wantPast(topic, wanted);
  }

  #start(peer: SubscriberPeer, options: PastReaderOptions): PastReader {
    const reader = new PastReader(peer, options);
    this.#readers.set(peer, reader);
    const running = reader.run(() => {
      if (this.#readers.get(peer) === reader) this.#readers.delete(peer);
    });
    this.#running.add(running);
    void running.finally(() => this.#running.delete(running));
    return reader;
  }

  /** The peer no longer wants a topic; without one, it no longer wants any, or is disconnected. */
  drop(peer: SubscriberPeer, topic?: string): void {
    const reader = this.#readers.get(peer);
    if (topic !== undefined) return reader?.drop(topic);
    reader?.stop();
    this.#readers.delete(peer);
  }

  /** Resolves when no subscriber reads: each ends with its connection. */
  async settled(): Promise<void> {
    await Promise.all(this.#running);
  }
}

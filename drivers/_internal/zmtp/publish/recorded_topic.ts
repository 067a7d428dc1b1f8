import type { RecordedBlock } from "../../../contract/recorder.ts";
import type { PastAnswer } from "../session.ts";
import type { Topic } from "./topic_table.ts";
import type { PastBounds, WireLog } from "./wire_log.ts";

/** The past of a topic that begins in the recorder and ends in the log. */
export class RecordedTopic {
  readonly bytes: Uint8Array<ArrayBuffer>;
  readonly wanted: PastBounds;
  /** Maximum number of events of the recorder. */
  readonly #maxRecorded: number;
  /** Wire number of the next event that is not past, and of the oldest one in the log. */
  readonly #end: number;
  readonly #logged: number;
  #keptSince: number;
  /** Number of its events from the block at {@linkcode RecordedTopic.start} on. */
  #found = 0;
  /** Number of events that precede the first wanted one in its block. */
  #skipped = 0;
  /** Where the block with the first wanted event begins; undefined without one. */
  start: string | undefined;
  /** Whether no earlier event is wanted. */
  isComplete = false;
  /** Whether the subscriber knows where the past begins. */
  isAnswered = false;

  constructor(topic: Topic, wanted: PastBounds, log: WireLog) {
    this.bytes = topic.bytes;
    this.wanted = wanted;
    this.#end = topic.seq + 1;
    this.#logged = log.seqFrom(topic, log.tail);
    this.#keptSince = log.keptSince;
    this.#maxRecorded = wanted.last - (this.#end - this.#logged);
  }

  /**
   * Takes the next block back.
   *
   * @param count number of events of the topic in it that the log does not have
   * @param isWhole whether no event is missing that was sent after it began
   */
  take({ place, from, until }: Block, count: number, isWhole: boolean): void {
    if (this.isComplete) return;
    const { since } = this.wanted;
    if (isWhole) this.#keptSince = Math.min(this.#keptSince, Math.max(from, since));
    if (until < since) return void (this.isComplete = true);
    if (count === 0) return;
    this.start = place;
    this.#found += count;
    this.#skipped = Math.max(0, this.#found - this.#maxRecorded);
    this.isComplete = this.#found >= this.#maxRecorded;
  }

  /** The answer to the subscriber: how many past events it gets, and since when none is missing. */
  get answer(): PastAnswer {
    const frames = this.#found - this.#skipped + this.#end - this.#logged;
    return { end: this.#end, frames, keptSince: this.#keptSince };
  }

  /** Whether the next event of the topic in a block is to be sent. */
  wants(place: string): boolean {
    if (this.start === undefined || place < this.start) return false;
    return place > this.start || --this.#skipped < 0;
  }
}

type Block = Pick<RecordedBlock, "from" | "place" | "until">;

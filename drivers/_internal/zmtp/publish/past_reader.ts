import { nextTurn } from "../../../contract/next_turn.ts";
import type { RecordedBlock, RecorderReader } from "../../../contract/recorder.ts";
import type { Semaphore } from "../../../contract/semaphore.ts";
import { scanPast } from "./past_scan.ts";
import { RecordedTopic } from "./recorded_topic.ts";
import { Rest } from "./rest.ts";
import type { SendRounds } from "./send_rounds.ts";
import type { SubscriberPeer } from "./subscriber_peer.ts";
import type { Topic, TopicTable } from "./topic_table.ts";
import { FLAG, frameBytes, writeHead } from "../wire.ts";
import type { PastBounds, WireLog } from "./wire_log.ts";

/** Maximum number of topics of a subscriber that wait for the recorder. */
const MAX_TOPICS = 1_000;
/** A subscriber that has waited for this time gets what the log has. */
const MAX_WAIT_MS = 4_000;
/** After this time a subscriber goes on in the log. */
const MAX_SEND_MS = 600_000;
/** Recorded events are queued in pieces of this size, one at a time. */
const PIECE_BYTES = 256 * 1024;

/** What a {@linkcode PastReader} needs of its publisher. */
export interface PastReaderOptions {
  readonly recorder: RecorderReader;
  readonly permits: Semaphore;
  readonly log: WireLog;
  readonly topics: TopicTable;
  readonly rounds: Pick<SendRounds, "flush" | "noteDue">;
  readonly onFailure: (error: unknown) => void;
}

/**
 * Sends recorded events to one subscriber, and lets it go on in the log: without a gap and without
 * a double, since the recorder and the log count the same frames. Until then its topics are not
 * live, and the recorder has what the log overwrites.
 */
export class PastReader {
  readonly #peer: SubscriberPeer;
  readonly #options: PastReaderOptions;
  readonly #waiting = new Map<string, { readonly topic: Topic; readonly wanted: PastBounds }>();
  #topics = new Map<string, RecordedTopic>();
  readonly #stop = new AbortController();
  readonly #rest = new Rest();
  /** The index of the frame to go on with. Negative for those of earlier runs. */
  #next = 0;
  /** The index of the oldest frame in the log when the recorder was scanned. */
  #logged = 0;

  constructor(peer: SubscriberPeer, options: PastReaderOptions) {
    this.#peer = peer;
    this.#options = options;
  }

  /** Returns false if too many topics wait. */
  add(topic: Topic, wanted: PastBounds): boolean {
    if (this.#waiting.size >= MAX_TOPICS) return false;
    if (!this.#topics.has(topic.name)) this.#waiting.set(topic.name, { topic, wanted });
    return true;
  }

  /** The subscriber no longer wants a topic. It still gets an answer. */
  drop(name: string): void {
    const dropped = this.#topics.get(name) ?? this.#waiting.get(name)?.topic;
    if (dropped === undefined) return;
    this.#topics.delete(name);
    this.#waiting.delete(name);
    const topic = this.#topicOf(name, dropped);
    this.#peer.tellLive(topic, topic.seq + 1);
  }

  stop(): void {
    this.#stop.abort();
    this.#peer.noteRoom();
  }

  /** Reads until no topic waits. @param onEnd called before another topic can be added */
  async run(onEnd: () => void): Promise<void> {
    // Subscriptions that arrive together are read together.
    await nextTurn();
    while (this.#waiting.size > 0 && !this.#stop.signal.aborted) {
      await this.#read().catch(this.#options.onFailure);
      this.#goOn();
    }
    onEnd();
  }

  get #isOver(): boolean {
    return this.#stop.signal.aborted || this.#topics.size === 0;
  }

  async #read(): Promise<void> {
    const { permits, recorder, log, rounds } = this.#options;
    const { signal } = this.#stop;
    const isFree = await permits.acquire({ timeoutMs: MAX_WAIT_MS, signal }).catch(() => undefined);
    using _permit = isFree;
    rounds.flush();
    for (const [name, { topic: asked, wanted }] of this.#waiting) {
      if (signal.aborted) return;
      const topic = this.#topicOf(name, asked);
      // Since the subscriber asked, the log may have got as many events as it wants.
      if (log.hasPast(topic, wanted)) this.#peer.wantPast(topic, wanted);
      else this.#topics.set(name, new RecordedTopic(topic, wanted, log));
    }
    this.#waiting.clear();
    rounds.noteDue(this.#peer);
    this.#next = this.#logged = log.tail;
    if (isFree === undefined || this.#isOver) return;
    const place = await scanPast(recorder, this.#topics, { log, rest: this.#rest, signal });
    if (this.#isOver) return;
    for (const [name, topic] of this.#topics) {
      this.#peer.tellPast(this.#topicOf(name, topic), topic.answer);
      topic.isAnswered = true;
    }
    this.#peer.pump();
    await this.#send(place);
  }

  /** The table may have forgotten it meanwhile. */
  #topicOf(name: string, { bytes }: Pick<Topic, "bytes">): Topic {
    return this.#options.topics.get(name, bytes);
  }

  /** @param logged place of the block with the oldest frame in the log */
  async #send(logged: string | undefined): Promise<void> {
    const { recorder } = this.#options;
    const deadline = performance.now() + MAX_SEND_MS;
    const [start] = [...this.#topics.values()].flatMap(({ start }) => start ?? []).sort();
    let from = start ?? logged;
    if (from === undefined || start === undefined && this.#isInLog()) return;
    if (start !== undefined) this.#next = -1;
    for (let before = -Infinity; before < this.#next;) {
      before = this.#next;
      for await (const part of recorder.read({ from })) {
        await this.#rest.take();
        if (this.#isOver || performance.now() > deadline) return;
        if (part.kind === "loss" || part.index === undefined && this.#next >= 0) continue;
        if (part.index !== undefined && (this.#isInLog() || this.#isMissing(part.index))) return;
        await this.#sendBlock(part);
        from = part.place;
      }
      if (this.#isInLog()) return;
    }
  }

  /** Whether the next frame of this run is in the newer half of the log, so that it stays there. */
  #isInLog(): boolean {
    const { head, tail } = this.#options.log;
    this.#next = Math.max(0, this.#next);
    return this.#next >= (head + tail) / 2;
  }

  /** Whether the recorder lacks the next frame, but the log has it. @param index that of a block */
  #isMissing(index: number): boolean {
    return index > this.#next && this.#next >= this.#options.log.tail;
  }

  async #sendBlock(block: RecordedBlock): Promise<void> {
    let index = block.index ?? 0;
    let piece = new Piece();
    for (const { topic: name, payload } of block.frames()) {
      const at = block.index === undefined ? this.#next : index++;
      const topic = at < this.#next ? undefined : this.#topics.get(name);
      // Every frame from the oldest one in the log on is wanted, as past or as new.
      if (topic === undefined || !(at >= this.#logged || topic.wants(block.place))) continue;
      if (!piece.hasRoom(topic.bytes, payload)) {
        await this.#sendPiece(piece);
        piece = new Piece();
      }
      piece.add(topic.bytes, payload);
    }
    await this.#sendPiece(piece);
    if (block.index !== undefined) this.#next = index;
  }

  async #sendPiece({ bytes, events }: Piece): Promise<void> {
    if (events === 0 || this.#isOver) return;
    this.#peer.connection.queue(bytes);
    this.#peer.counters.replayed += events;
    this.#peer.pump();
    await this.#peer.room();
    this.#rest.again();
  }

  /** The topics are live from here on, in the log. */
  #goOn(): void {
    const { log, rounds } = this.#options;
    rounds.flush();
    for (const [name, recorded] of this.#topics) {
      if (this.#stop.signal.aborted) break;
      const topic = this.#topicOf(name, recorded);
      if (recorded.isAnswered) this.#peer.want(topic, log.seqFrom(topic, Math.max(0, this.#next)));
      else this.#wantLogged(topic, recorded.wanted);
    }
    this.#topics.clear();
    rounds.noteDue(this.#peer);
  }

  /**
   * Sends what the log has. If the subscriber wants a number of events, or those since a time, the
   * answer shows that there are fewer. If it wants all, it gets a gap for the others of this run.
   */
  #wantLogged(topic: Topic, wanted: PastBounds): void {
    if (wanted.since > 0 || wanted.last < Infinity) return this.#peer.wantPast(topic, wanted);
    const { log } = this.#options;
    const { seq: frames } = topic;
    this.#peer.tellPast(topic, { end: frames + 1, frames, keptSince: log.keptSince });
    this.#peer.want(topic, log.firstPast(topic, wanted));
  }
}

/** Messages of two frames, as they go over the wire. */
class Piece {
  #bytes = new Uint8Array();
  #end = 0;
  events = 0;

  get bytes(): Uint8Array<ArrayBuffer> {
    return this.#bytes.subarray(0, this.#end);
  }

  /** An empty piece has room for any message. */
  hasRoom(topic: Uint8Array, payload: Uint8Array): boolean {
    return this.#end === 0 || this.#end + sizeOf(topic, payload) <= this.#bytes.length;
  }

  add(topic: Uint8Array, payload: Uint8Array): void {
    const size = sizeOf(topic, payload);
    if (this.#end === 0) this.#bytes = new Uint8Array(Math.max(PIECE_BYTES, size));
    const topicAt = writeHead(this.#bytes, this.#end, FLAG.more, topic.length);
    this.#bytes.set(topic, topicAt);
    const payloadAt = writeHead(this.#bytes, topicAt + topic.length, 0, payload.length);
    this.#bytes.set(payload, payloadAt);
    this.#end += size;
    this.events++;
  }
}

function sizeOf(topic: Uint8Array, payload: Uint8Array): number {
  return frameBytes(topic.length) + frameBytes(payload.length);
}

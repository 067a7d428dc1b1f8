import type { Clock } from "../../../service/base/clock.ts";
import { encodeUpdate } from "../../../service/event/codec/encode.ts";
import type { WireFormat } from "../../../service/event/codec/wire_fields.ts";
import { type DbUpdate, withoutOrigin } from "../../../service/event/db_update.ts";
import { LatencyHistogram } from "./latency_histogram.ts";
import { type LoadEvent, type LoadStream, readLoadEvent, streamKey } from "./load_event.ts";
import { SequenceTracker } from "./sequence_tracker.ts";

/** Options of {@linkcode Arrivals}. */
export interface ArrivalsOptions {
  /** Count only events of this load. @default any */
  readonly run?: string | undefined;
  /** Maximum number of events to count. @default no limit */
  readonly limit?: number | undefined;
  /** Time after the first event for which events do not count. @default 0 */
  readonly warmupMs?: number | undefined;
  /** The format in which the bytes of an event are counted. */
  readonly format: WireFormat;
  readonly clock: Pick<Clock, "micros" | "monotonic">;
}

/** Maximum number of tracked streams; events of others are only counted. */
const MAX_STREAMS = 20_000;

interface Stream {
  readonly tracker: SequenceTracker;
  /** Size of each of its events, which all have the same. */
  readonly bytes: number;
  hasEnded: boolean;
}

/** The events of a load at one subscriber: number, time, latency, and losses. */
export class Arrivals {
  /** Microseconds from sending to receiving, of each counted event. */
  readonly latency: LatencyHistogram = new LatencyHistogram();
  readonly #options: ArrivalsOptions;
  readonly #streams = new Map<string, Stream>();
  #received = 0;
  #bytes = 0;
  #negative = 0;
  #untracked = 0;
  /** When the first event of any phase arrived. */
  #receivedFirstAt: number | undefined;
  #receivedLastAt: number | undefined;
  #firstAt: number | undefined;
  #lastAt: number | undefined;

  /** Creates it without arrivals. */
  constructor(options: ArrivalsOptions) {
    this.#options = options;
  }

  /** Number of counted events, without duplicates. */
  get received(): number {
    return this.#received;
  }

  /** Bytes of their payloads. */
  get bytes(): number {
    return this.#bytes;
  }

  /** Events that seem to have arrived before they were sent: then the clocks differ. */
  get negative(): number {
    return this.#negative;
  }

  /** Events of streams that are not tracked. */
  get untracked(): number {
    return this.#untracked;
  }

  /** When the first counted event arrived, by the monotonic clock; undefined before. */
  get firstAt(): number | undefined {
    return this.#firstAt;
  }

  /** When the last counted event arrived, by the monotonic clock; undefined before. */
  get lastAt(): number | undefined {
    return this.#lastAt;
  }

  /** When the last event of any phase arrived, by the monotonic clock; undefined before. */
  get receivedAt(): number | undefined {
    return this.#receivedLastAt;
  }

  /** Whether there was a stream, and every stream has ended. */
  get hasEnded(): boolean {
    return this.#streams.size > 0 && this.#streams.values().every(({ hasEnded }) => hasEnded);
  }

  /** Number of expected events: received ones and {@linkcode lost} ones. */
  get expected(): number {
    return this.#sum(({ expected }) => expected);
  }

  /** Events that are missing before a later event, or the end, of their stream. */
  get lost(): number {
    return this.#sum(({ lost }) => lost);
  }

  /** Events that had arrived before. */
  get duplicates(): number {
    return this.#sum(({ duplicates }) => duplicates);
  }

  /** Events that arrived after a later one. */
  get late(): number {
    return this.#sum(({ late }) => late);
  }

  /** Events sent before the first received one of their stream. */
  get before(): number {
    return this.#sum(({ first }) => first - 1);
  }

  /** Processes received events. */
  receive(updates: readonly DbUpdate[]): void {
    const at = this.#options.clock.monotonic();
    const micros = this.#options.clock.micros();
    for (const update of updates) {
      const event = readLoadEvent(update);
      if (event !== undefined && this.#isWanted(event)) this.#take(event, update, { at, micros });
    }
  }

  /** Notes that a stream has sequence numbers from 1 to this one, whether or not they arrived. */
  expect(stream: LoadStream, last: number): void {
    const key = streamKey(stream);
    const known = this.#streams.get(key) ?? this.#add(key, 1, 0);
    known?.tracker.expectUpTo(last);
  }

  #isWanted({ run }: LoadEvent): boolean {
    return this.#options.run === undefined || this.#options.run === run;
  }

  #take(event: LoadEvent, update: DbUpdate, now: { at: number; micros: number }): void {
    this.#receivedFirstAt ??= now.at;
    this.#receivedLastAt = now.at;
    if (event.phase === "end") return this.#end(event);
    if (event.phase === "warmup") return this.#noteBeginning(event, update);
    if (now.at < this.#receivedFirstAt + (this.#options.warmupMs ?? 0)) return;
    if (this.#received >= (this.#options.limit ?? Infinity)) return;
    const stream = this.#streams.get(event.stream) ?? this.#addReceived(event, update);
    if (stream === undefined) this.#untracked++;
    else if (stream.tracker.note(event.seq)) this.#count(event, stream, now);
  }

  #count({ sentMicros }: LoadEvent, { bytes }: Stream, now: { at: number; micros: number }): void {
    this.#firstAt ??= now.at;
    this.#lastAt = now.at;
    this.#received++;
    this.#bytes += bytes;
    if (now.micros < sentMicros) this.#negative++;
    this.latency.record(now.micros - sentMicros);
  }

  /** A subscriber that receives the warm-up of a stream receives all measured events. */
  #noteBeginning({ stream }: LoadEvent, update: DbUpdate): void {
    if (this.#options.warmupMs || this.#streams.has(stream)) return;
    this.#add(stream, 1, this.#bytesOf(update));
  }

  #end({ stream, seq }: LoadEvent): void {
    const known = this.#streams.get(stream);
    if (known === undefined) return;
    known.hasEnded = true;
    // With all wanted events here, later ones are not missing.
    if (this.#received < (this.#options.limit ?? Infinity)) known.tracker.expectUpTo(seq);
  }

  /** All events of a known load are expected; of another load, only those from now on. */
  #addReceived({ stream, seq }: LoadEvent, update: DbUpdate): Stream | undefined {
    const first = this.#options.run === undefined ? seq : 1;
    return this.#add(stream, first, this.#bytesOf(update));
  }

  #bytesOf(update: DbUpdate): number {
    return encodeUpdate(withoutOrigin(update), this.#options.format, { maxBytes: Infinity }).length;
  }

  #add(stream: string, first: number, bytes: number): Stream | undefined {
    if (this.#streams.size >= MAX_STREAMS) return undefined;
    const added = { tracker: new SequenceTracker(first), bytes, hasEnded: false };
    this.#streams.set(stream, added);
    return added;
  }

  #sum(figure: (tracker: SequenceTracker) => number): number {
    return this.#streams.values().reduce((sum, { tracker }) => sum + figure(tracker), 0);
  }
}

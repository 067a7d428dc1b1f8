import type { Clock } from "../../../service/base/clock.ts";
import { encodeUpdate } from "../../../service/event/codec/encode.ts";
import type { WireFormat } from "../../../service/event/codec/wire_fields.ts";
import { type DbUpdate, withoutOrigin } from "../../../service/event/db_update.ts";
import { LatencyHistogram } from "./latency_histogram.ts";
import { type LoadEvent, type LoadStream, readLoadEvent, streamKey } from "./load_event.ts";
import { SequenceTracker } from "./sequence_tracker.ts";

/** What of a load one subscriber takes account of. */
export interface ArrivalsOptions {
  /** Only the events of this load. @default of any */
  readonly run?: string | undefined;
  /** Nothing more is taken account of after so many events. @default no limit */
  readonly limit?: number | undefined;
  /** Nor is what comes within so long after the first event. @default 0 */
  readonly warmupMs?: number | undefined;
  /** The shape that the bytes of an event are counted in. */
  readonly format: WireFormat;
  readonly clock: Pick<Clock, "micros" | "monotonic">;
}

/** The most streams that are told apart; events of others are counted and no more. */
export const MAX_STREAMS = 20_000;

interface Stream {
  readonly tracker: SequenceTracker;
  /** Of each of its events, which are all of a size. */
  readonly bytes: number;
  hasEnded: boolean;
}

/** What of a load arrived at one subscriber: how much, when, how old, and what did not. */
export class Arrivals {
  /** Microseconds from sending to receiving, of each event that counts. */
  readonly latency: LatencyHistogram = new LatencyHistogram();
  readonly #options: ArrivalsOptions;
  readonly #streams = new Map<string, Stream>();
  #received = 0;
  #bytes = 0;
  #negative = 0;
  #untracked = 0;
  /** When the very first came, of any phase. */
  #heardFirstAt: number | undefined;
  #heardLastAt: number | undefined;
  #firstAt: number | undefined;
  #lastAt: number | undefined;

  /** Nothing has arrived yet. */
  constructor(options: ArrivalsOptions) {
    this.#options = options;
  }

  /** Events that count, each once. */
  get received(): number {
    return this.#received;
  }

  /** Bytes of their payloads. */
  get bytes(): number {
    return this.#bytes;
  }

  /** How many seemed to come before they were sent: then the clocks differ. */
  get negative(): number {
    return this.#negative;
  }

  /** Events of more streams than are told apart. */
  get untracked(): number {
    return this.#untracked;
  }

  /** When the first event came that counts, by the monotonic clock; undefined before. */
  get firstAt(): number | undefined {
    return this.#firstAt;
  }

  /** When the last event came that counts, likewise. */
  get lastAt(): number | undefined {
    return this.#lastAt;
  }

  /** When the last event of any phase came, likewise. */
  get receivedAt(): number | undefined {
    return this.#heardLastAt;
  }

  /** Whether some stream was heard, and the end of every one that was. */
  get hasEnded(): boolean {
    return this.#streams.size > 0 && this.#streams.values().every(({ hasEnded }) => hasEnded);
  }

  /** Events that should have come: those that did and {@linkcode lost}. */
  get expected(): number {
    return this.#sum(({ expected }) => expected);
  }

  /** Events that others of their stream came after, or its end, and that did not come. */
  get lost(): number {
    return this.#sum(({ lost }) => lost);
  }

  /** Events that had come before. */
  get duplicates(): number {
    return this.#sum(({ duplicates }) => duplicates);
  }

  /** Events that came after one that they should have come before. */
  get late(): number {
    return this.#sum(({ late }) => late);
  }

  /** Events that were sent before the first of their stream that was heard. */
  get before(): number {
    return this.#sum(({ first }) => first - 1);
  }

  /** Takes in what arrived. */
  receive(updates: readonly DbUpdate[]): void {
    const at = this.#options.clock.monotonic();
    const micros = this.#options.clock.micros();
    for (const update of updates) {
      const event = readLoadEvent(update);
      if (event !== undefined && this.#isWanted(event)) this.#take(event, update, { at, micros });
    }
  }

  /** Notes that a stream has numbers from 1 up to this one, whether or not any was heard. */
  expect(stream: LoadStream, last: number): void {
    const key = streamKey(stream);
    const known = this.#streams.get(key) ?? this.#add(key, 1, 0);
    known?.tracker.expectUpTo(last);
  }

  #isWanted({ run }: LoadEvent): boolean {
    return this.#options.run === undefined || this.#options.run === run;
  }

  #take(event: LoadEvent, update: DbUpdate, now: { at: number; micros: number }): void {
    this.#heardFirstAt ??= now.at;
    this.#heardLastAt = now.at;
    if (event.phase === "end") return this.#end(event);
    if (event.phase === "warmup") return this.#noteBeginning(event, update);
    if (now.at < this.#heardFirstAt + (this.#options.warmupMs ?? 0)) return;
    if (this.#received >= (this.#options.limit ?? Infinity)) return;
    const stream = this.#streams.get(event.stream) ?? this.#addHeard(event, update);
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

  /** Who hears a stream warm up hears it from its first number on. */
  #noteBeginning({ stream }: LoadEvent, update: DbUpdate): void {
    if (this.#options.warmupMs || this.#streams.has(stream)) return;
    this.#add(stream, 1, this.#bytesOf(update));
  }

  #end({ stream, seq }: LoadEvent): void {
    const known = this.#streams.get(stream);
    if (known === undefined) return;
    known.hasEnded = true;
    // With all that was wanted here, what follows is not missed.
    if (this.#received < (this.#options.limit ?? Infinity)) known.tracker.expectUpTo(seq);
  }

  /** Of a load that is known, all is expected; of another, what comes from now on. */
  #addHeard({ stream, seq }: LoadEvent, update: DbUpdate): Stream | undefined {
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

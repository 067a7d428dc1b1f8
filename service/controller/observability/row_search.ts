import type { FramePublisher } from "../../../drivers/contract/pubsub.ts";
import { inTurns } from "../../../drivers/contract/next_turn.ts";
import type {
  FrameRecorder,
  RecordedFrame,
  RecordedLoss,
} from "../../../drivers/contract/recorder.ts";
import { Semaphore } from "../../../drivers/contract/semaphore.ts";
import { utcTime } from "../../../drivers/contract/utc_time.ts";
import { decodeUpdate, sentAtOf } from "../../event/codec/decode.ts";
import { stringifyJson } from "../../event/codec/exact_json.ts";
import type { DbUpdate } from "../../event/db_update.ts";
import type {
  RowEvent,
  RowEventsLoss,
  RowEventsQuery,
  RowEventsReport,
} from "../../protocol/row_events.ts";

/** Limits of one answer; the next one goes on where it ends. A block holds at most 4 MiB. */
const MAX_MS = 2_000;
const MAX_EVENTS = 1_000;
const MAX_CHARACTERS = 1024 * 1024;
const MAX_LOSSES = 100;
/** Characters that both encodings leave as they are. */
const PLAIN_KEY = /^[\w.:@/-]+$/;

/** Options of a {@linkcode RowSearch}. */
export interface RowSearchOptions {
  /** The id of the service. */
  readonly id: string;
  readonly publisher: Pick<FramePublisher, "recent">;
  readonly recorder: FrameRecorder | undefined;
}

/** Finds the events of a row in memory and in the recorder, one search at a time. */
export class RowSearch {
  readonly #options: RowSearchOptions;
  readonly #turns = new Semaphore(1);

  constructor(options: RowSearchOptions) {
    this.#options = options;
  }

  /** Rejects if the recorder cannot be read. */
  async report(query: RowEventsQuery): Promise<RowEventsReport> {
    const { id, publisher, recorder } = this.#options;
    using _permit = await this.#turns.acquire();
    const found = new Findings(query);
    // The recorder has all that memory has, unless it has skipped something.
    const recent = query.before === undefined ? publisher.recent?.() : undefined;
    if (recent !== undefined) await found.searchMemory(recent, recorder !== undefined);
    const next = recorder && await found.searchRecorder(recorder, query.before);
    return {
      publisher: id,
      searched: [
        ...publisher.recent === undefined ? [] : ["memory" as const],
        ...recorder === undefined ? [] : ["recorder" as const],
      ],
      events: found.events,
      losses: found.losses,
      reachesBackTo: found.reachesBackTo === null ? null : utcTime(found.reachesBackTo),
      ...(next !== undefined && { next }),
    };
  }
}

class Findings {
  readonly events: RowEvent[] = [];
  readonly losses: RowEventsLoss[] = [];
  reachesBackTo: number | null = null;
  readonly #query: RowEventsQuery;
  /** What a payload with the key contains; undefined if its encoding may differ. */
  readonly #sought: Uint8Array | undefined;
  readonly #positions = new Set<string>();
  readonly #deadline = performance.now() + MAX_MS;
  #characters = 0;

  constructor(query: RowEventsQuery) {
    this.#query = query;
    this.#sought = PLAIN_KEY.test(query.key) ? new TextEncoder().encode(query.key) : undefined;
  }

  /** @param isKept whether the recorder has them, too: those without a position are found there */
  async searchMemory(frames: Iterable<RecordedFrame>, isKept: boolean): Promise<void> {
    let oldest: RecordedFrame | undefined;
    await inTurns(frames, (frame) => {
      oldest = frame;
      const event = this.#match(frame);
      if (event !== undefined && !(isKept && event.seq === null)) this.#add(event);
    });
    if (oldest !== undefined) this.#note(sentAtOf(oldest.payload));
  }

  /** Searches back. @returns where to go on; undefined at the end */
  async searchRecorder(
    recorder: FrameRecorder,
    before: string | undefined,
  ): Promise<string | undefined> {
    for await (const part of recorder.read({ newestFirst: true, before })) {
      if (part.kind === "loss") this.#addLoss(part);
      else {
        const events: RowEvent[] = [];
        await inTurns(part.frames(), (frame) => {
          const event = this.#match(frame);
          if (event !== undefined) events.push({ ...event, at: event.at ?? utcTime(part.from) });
        });
        for (const event of events.reverse()) this.#add(event);
        this.#note(part.from);
      }
      if (this.#isFull) return part.place;
    }
    return undefined;
  }

  get #isFull(): boolean {
    return performance.now() > this.#deadline || this.events.length >= MAX_EVENTS ||
      this.#characters >= MAX_CHARACTERS;
  }

  #match({ topic, payload }: RecordedFrame): RowEvent | undefined {
    if (this.#sought !== undefined && !contains(payload, this.#sought)) return undefined;
    const update = decoded(payload, topic);
    const { table, key } = this.#query;
    return update?.table === table && update.key === key ? rowEvent(update, topic) : undefined;
  }

  #add(event: RowEvent): void {
    const position = `${event.publisher} ${event.epoch} ${event.seq} ${event.topic}`;
    if (event.seq !== null && this.#positions.has(position)) return;
    this.#positions.add(position);
    this.events.push(event);
    this.#characters += (event.value ?? "").length;
  }

  #addLoss({ at, events, reason }: RecordedLoss): void {
    if (this.losses.length >= MAX_LOSSES) return;
    this.losses.push({ at: at === null ? null : utcTime(at), events, reason });
  }

  #note(time: number | undefined): void {
    if (time !== undefined) this.reachesBackTo = Math.min(time, this.reachesBackTo ?? Infinity);
  }
}

function contains(payload: Uint8Array, sought: Uint8Array): boolean {
  const last = payload.length - sought.length;
  const [first = 0] = sought;
  for (
    let at = payload.indexOf(first);
    at >= 0 && at <= last;
    at = payload.indexOf(first, at + 1)
  ) {
    let length = 1;
    while (length < sought.length && payload[at + length] === sought[length]) length++;
    if (length === sought.length) return true;
  }
  return false;
}

/** Undefined for what is not an event, as a recorder may hold after damage. */
function decoded(payload: Uint8Array, topic: string): DbUpdate | undefined {
  try {
    return decodeUpdate(payload, topic, { maxBytes: Infinity });
  } catch {
    return undefined;
  }
}

function rowEvent({ action, value, origin }: DbUpdate, topic: string): RowEvent {
  return {
    action,
    value: value === null || typeof value === "string" ? value : stringifyJson(value),
    topic,
    at: origin === undefined ? null : utcTime(origin.sentAt / 1000),
    publisher: origin?.publisher ?? null,
    epoch: origin?.epoch ?? null,
    seq: origin?.seq ?? null,
  };
}

import { Broadcast, type Waiting } from "./channel.ts";
import type { HealthEvent } from "./health.ts";

const CAPACITY = 256;
/** Maximum number of queued events per reader; then the oldest is dropped, whatever it is. */
const MAX_EVENTS = 10_000;

/** Kinds that a reader may miss: other events contain the same, or nothing depends on them. */
const DISPENSABLE: ReadonlySet<HealthEvent["kind"]> = new Set([
  "dropped",
  "connected",
  "peer-joined",
  "peer-left",
]);

/**
 * The health events of a subscriber. Less important events never displace important ones: a series
 * of bad messages must not hide that a connection was lost and is live again.
 *
 * A reader that is behind gets the newest event of each kind about each address or topic.
 */
export class HealthStream extends Broadcast<HealthEvent> {
  /** Creates a stream without readers. */
  constructor() {
    super(CAPACITY, () => new WaitingHealth());
  }
}

/** A queued event and its subject. */
interface Entry {
  readonly event: HealthEvent;
  readonly subject: string;
}

/** The queue of one reader. It never searches, since there is no time for that in a burst. */
class WaitingHealth implements Waiting<HealthEvent> {
  readonly #entries = new Set<Entry>();
  readonly #chatter = new Set<Entry>();
  /** Entries with the same subject, the oldest first. */
  readonly #same = new Map<string, Entry[]>();

  get length(): number {
    return this.#entries.size;
  }

  push(event: HealthEvent): void {
    const entry = { event, subject: subjectOf(event) };
    this.#entries.add(entry);
    if (DISPENSABLE.has(event.kind)) this.#chatter.add(entry);
    const same = this.#same.get(entry.subject);
    if (same === undefined) this.#same.set(entry.subject, [entry]);
    else same.push(entry);
  }

  shift(): HealthEvent | undefined {
    return this.#takeOut(oldest(this.#entries))?.event;
  }

  /** Removes the event whose loss matters least. */
  makeRoom(event: HealthEvent): void {
    const least = this.#same.get(subjectOf(event))?.[0] ?? oldest(this.#chatter);
    if (least !== undefined) this.#takeOut(least);
    else if (this.length >= MAX_EVENTS) this.shift();
  }

  // Whichever is removed is the oldest with its subject.
  #takeOut(entry: Entry | undefined): Entry | undefined {
    if (entry === undefined) return undefined;
    this.#entries.delete(entry);
    this.#chatter.delete(entry);
    const same = this.#same.get(entry.subject);
    same?.shift();
    if (same?.length === 0) this.#same.delete(entry.subject);
    return entry;
  }
}

function oldest(entries: ReadonlySet<Entry>): Entry | undefined {
  return entries.values().next().value;
}

/** Equal for events of which only the newest matters. */
function subjectOf(event: HealthEvent): string {
  const { kind, address, topic, reason }: Subject = event;
  return JSON.stringify([kind, address, topic, kind === "dropped" ? reason : undefined]);
}

interface Subject {
  readonly kind: HealthEvent["kind"];
  readonly address?: string;
  readonly topic?: string;
  readonly reason?: string;
}

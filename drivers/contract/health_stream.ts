import { Broadcast, type Waiting } from "./channel.ts";
import type { HealthEvent } from "./health.ts";

const CAPACITY = 256;
/** Beyond this the oldest goes, whatever it says: nobody follows so many addresses and topics. */
const MAX_EVENTS = 10_000;

/** What a reader may miss of a subscriber: others tell as much, or nothing depends on it. */
const CHATTER: ReadonlySet<HealthEvent["kind"]> = new Set([
  "dropped",
  "connected",
  "peer-joined",
  "peer-left",
]);

/**
 * The health of a subscriber. What a reader must not miss is not pushed out by what it may: one bad
 * message after another must not hide that a connection was lost and is live again.
 *
 * A reader that is behind gets the newest event of each kind about an address or topic, and as many
 * as there are of those.
 */
export class HealthStream extends Broadcast<HealthEvent> {
  /** Nobody reads yet. */
  constructor() {
    super(CAPACITY, () => new WaitingHealth());
  }
}

/** An event that waits, and what it is about. */
interface Entry {
  readonly event: HealthEvent;
  readonly subject: string;
}

/** What waits for one reader. Nothing is searched for: a burst is when there is no time for that. */
class WaitingHealth implements Waiting<HealthEvent> {
  readonly #entries = new Set<Entry>();
  readonly #chatter = new Set<Entry>();
  /** Those about the same, the oldest first. */
  readonly #same = new Map<string, Entry[]>();

  get length(): number {
    return this.#entries.size;
  }

  push(event: HealthEvent): void {
    const entry = { event, subject: subjectOf(event) };
    this.#entries.add(entry);
    if (CHATTER.has(event.kind)) this.#chatter.add(entry);
    const same = this.#same.get(entry.subject);
    if (same === undefined) this.#same.set(entry.subject, [entry]);
    else same.push(entry);
  }

  shift(): HealthEvent | undefined {
    return this.#takeOut(oldest(this.#entries))?.event;
  }

  /** Takes out what makes the least loss. */
  makeRoom(event: HealthEvent): void {
    const least = this.#same.get(subjectOf(event))?.[0] ?? oldest(this.#chatter);
    if (least !== undefined) this.#takeOut(least);
    else if (this.length >= MAX_EVENTS) this.shift();
  }

  // Whichever goes is the oldest about its subject.
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

/** The same for events of which the newest says all. */
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

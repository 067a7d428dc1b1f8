import { Broadcast } from "./channel.ts";
import type { HealthEvent } from "./health.ts";

const CAPACITY = 256;
/** Beyond this the oldest goes, whatever it says: nobody follows so many addresses and topics. */
const MOST = 10_000;

/** What a reader may miss of a subscriber: others tell as much, or nothing depends on it. */
const CHATTER: ReadonlySet<HealthEvent["kind"]> = new Set([
  "dropped",
  "connected",
  "peer-joined",
  "peer-left",
]);

/**
 * The health of a subscriber. What a reader must not miss is not pushed out by what it may: one bad
 * message after another must not hide that a connection was lost and is live again, or a gap.
 *
 * A reader that is behind gets the newest event of each kind about an address or topic, and as many
 * as there are of those.
 */
export class HealthStream extends Broadcast<HealthEvent> {
  /** Nobody reads yet. */
  constructor() {
    super(CAPACITY, makeRoom);
  }
}

/** Takes out of a full queue what an event that comes makes the least loss. */
function makeRoom(waiting: HealthEvent[], event: HealthEvent): void {
  const same = waiting.findIndex((other) => isSame(other, event));
  const at = same >= 0 ? same : waiting.findIndex(({ kind }) => CHATTER.has(kind));
  if (at >= 0) waiting.splice(at, 1);
  else if (waiting.length >= MOST) waiting.shift();
}

function isSame(one: HealthEvent, other: HealthEvent): boolean {
  if (one.kind !== other.kind) return false;
  return part(one, "address") === part(other, "address") &&
    part(one, "topic") === part(other, "topic") &&
    (one.kind !== "dropped" || part(one, "reason") === part(other, "reason"));
}

function part(event: HealthEvent, name: "address" | "topic" | "reason"): string | undefined {
  return (event as Partial<Record<typeof name, string>>)[name];
}

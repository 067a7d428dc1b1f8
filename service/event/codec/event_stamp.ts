/** Where an event comes from, as its payload says: publisher, epoch, sequence number and time. */
export interface EventStamp {
  /** The publisher's id, a UUID in lower case. */
  readonly publisher: string;
  /** The epoch of that publisher, 1 or more. */
  readonly epoch: number;
  /** The sequence number in its topic, 1 or more. */
  readonly seq: number;
  /** When it was sent, in microseconds since 1970. */
  readonly sentAt: number;
}

/** The names of a stamp's parts, in their order; they follow the fields of the event. */
export const STAMP_NAMES = ["publisher", "epoch", "seq", "sent"] as const;

const UUID = /^[\da-f]{8}-[\da-f]{4}-[\da-f]{4}-[\da-f]{4}-[\da-f]{12}$/;

/** The last id that was valid: successive events mostly have the same publisher. */
let lastId: string | undefined;

/** Whether a value is a publisher's id: a UUID of 36 characters in lower case. */
export function isPublisherId(value: unknown): value is string {
  if (lastId !== undefined && value === lastId) return true;
  const isId = typeof value === "string" && value.length === 36 && UUID.test(value);
  if (isId) lastId = value;
  return isId;
}

/**
 * The stamp of these values, which may be anything; undefined if one of them is not valid in a
 * stamp.
 */
export function stampOf(
  publisher: unknown,
  epoch: unknown,
  seq: unknown,
  sentAt: unknown,
): EventStamp | undefined {
  if (!isPublisherId(publisher)) return undefined;
  if (!isCount(epoch, 1) || !isCount(seq, 1) || !isCount(sentAt, 0)) return undefined;
  return { publisher, epoch, seq, sentAt };
}

function isCount(value: unknown, least: number): value is number {
  return typeof value === "number" && Number.isSafeInteger(value) && value >= least;
}

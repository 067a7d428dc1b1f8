/** Who published an event and as which of its own, as a payload holds it. */
export interface EventStamp {
  /** The publisher's id, a UUID in lower case. */
  readonly publisher: string;
  /** The start of that publisher, 1 or more. */
  readonly epoch: number;
  /** The position under its topic, 1 or more. */
  readonly seq: number;
  /** When it was sent, in microseconds since 1970. */
  readonly sentAt: number;
}

/** The names of a stamp's parts, in their order; they follow an event's own fields. */
export const STAMP_NAMES = ["publisher", "epoch", "seq", "sent"] as const;

const UUID = /^[\da-f]{8}-[\da-f]{4}-[\da-f]{4}-[\da-f]{4}-[\da-f]{12}$/;

/** Whether a value is a UUID as publishers are named by: 36 characters, lower case. */
export function isPublisherId(value: unknown): value is string {
  return typeof value === "string" && value.length === 36 && UUID.test(value);
}

/** The stamp of these values, which may be anything; undefined when one of them is none of a stamp. */
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

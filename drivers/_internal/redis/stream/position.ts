/** The id of an entry: milliseconds and a sequence number within them. */
export interface StreamId {
  readonly ms: bigint;
  readonly seq: bigint;
}

/** Before every entry. */
export const BEGINNING: StreamId = { ms: 0n, seq: 0n };

const LAST_SEQ = 0xffff_ffff_ffff_ffffn;
const ID = /^(\d{1,20})-(\d{1,20})$/;
const POSITION = /^(\d{1,20}-\d{1,20})(?:\/(\d{1,15})\/([0-9a-f]{40}))?$/;

/** The position of a reader in a stream: it has read everything up to an entry. */
export interface StreamPosition {
  /** The entry. */
  readonly id: StreamId;
  /** Number of entries ever added up to this one, if known. */
  readonly index: number | undefined;
  /** The run of the server that reported the number. */
  readonly run: string | undefined;
}

/** Whether an id stands for a time to begin at; no entry ever has such an id. */
export function isMoment({ seq }: StreamId): boolean {
  return seq === LAST_SEQ;
}

/** The id before another one. */
export function predecessor({ ms, seq }: StreamId): StreamId {
  return seq > 0n ? { ms, seq: seq - 1n } : { ms: ms - 1n, seq: LAST_SEQ };
}

/** Parses an id of the server. */
export function parseId(text: string): StreamId {
  const found = ID.exec(text);
  if (found === null) throw new RangeError(`Stream id "${text}", wanted milliseconds-number`);
  return { ms: BigInt(found[1] ?? 0), seq: BigInt(found[2] ?? 0) };
}

/** The id in the form of the server. */
export function formatId({ ms, seq }: StreamId): string {
  return `${ms}-${seq}`;
}

/** Negative, 0 or positive, as the first id is before, equal to or after the second. */
export function compareIds(a: StreamId, b: StreamId): number {
  if (a.ms !== b.ms) return a.ms < b.ms ? -1 : 1;
  if (a.seq !== b.seq) return a.seq < b.seq ? -1 : 1;
  return 0;
}

/** Where to begin: `now`, or after a position. */
export type Since = "now" | { readonly after: StreamPosition; readonly isHistory: boolean };

/**
 * Parses the `since` of a topic.
 *
 * @throws {RangeError} if it is not valid
 */
export function parseSince(since: string | number): Since {
  if (since === "now") return "now";
  if (since === "start") return history(BEGINNING);
  if (typeof since === "number" && Number.isSafeInteger(since) && since >= 0) {
    return since === 0 ? history(BEGINNING) : history({ ms: BigInt(since) - 1n, seq: LAST_SEQ });
  }
  const found = typeof since === "string" ? POSITION.exec(since) : null;
  if (found === null) {
    throw new RangeError(
      `Position "${since}" is not valid, wanted now, start, Unix milliseconds or a position`,
    );
  }
  const [, id = "", index, run] = found;
  const at = index === undefined ? undefined : Number(index);
  return { after: { id: parseId(id), index: at, run }, isHistory: false };
}

/** All kept entries since then; older ones may be gone without a gap. */
function history(id: StreamId): Since {
  const isHistory = id === BEGINNING;
  return { after: { id, index: undefined, run: undefined }, isHistory };
}

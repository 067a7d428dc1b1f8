import {
  BEGINNING,
  compareIds,
  isMoment,
  parseId,
  type StreamId,
  type StreamPosition,
} from "./position.ts";

/** What a server says of a stream. */
export interface StreamState {
  readonly last: StreamId;
  /** The oldest entry that is kept; undefined of an empty stream. */
  readonly first: StreamId | undefined;
  /** How many are kept. */
  readonly length: number;
  /** How many there ever were; undefined before Redis 7. */
  readonly added: number | undefined;
}

/** A stream that is not there. */
export const NO_STREAM: StreamState = {
  last: BEGINNING,
  first: undefined,
  length: 0,
  added: 0,
};

/** Reads the answer of XINFO STREAM: names and values in turn, texts as Buffers. */
export function parseStreamState(answer: unknown): StreamState {
  const fields = new Map<string, unknown>();
  if (!Array.isArray(answer)) throw new TypeError("XINFO STREAM: no list");
  for (let at = 0; at + 1 < answer.length; at += 2) fields.set(String(answer[at]), answer[at + 1]);
  const first = fields.get("first-entry");
  const added = fields.get("entries-added");
  return {
    last: parseId(String(fields.get("last-generated-id"))),
    first: Array.isArray(first) ? parseId(String(first[0])) : undefined,
    length: Number(fields.get("length")),
    added: added === undefined ? undefined : Number(added),
  };
}

/**
 * Why entries after a position may be gone that were never read; undefined when none can be.
 *
 * Entries go from the oldest on. So nothing is gone as long as the position is among those that are
 * kept; once it is not, the count of all that ever were tells whether more than it has gone.
 */
export function findGap(
  { id, index, run }: StreamPosition,
  state: StreamState,
  now: { readonly run: string | undefined },
): string | undefined {
  if (compareIds(state.last, id) < 0) {
    // Nothing has been published since the moment to begin at.
    return isMoment(id) ? undefined : "its stream was set back or is gone";
  }
  if (run !== undefined && run !== now.run) {
    return "another server keeps its stream, and may lack what came last";
  }
  if (state.first !== undefined && compareIds(state.first, id) <= 0) return undefined;
  if (state.added === undefined) {
    return compareIds(state.last, id) === 0 ? undefined : "its history may be cut off before this";
  }
  const cutOff = state.added - state.length;
  if (cutOff === 0) return undefined;
  if (index !== undefined && cutOff <= index) return undefined;
  return compareIds(state.last, id) === 0 ? undefined : "its history was cut off after this";
}

import {
  BEGINNING,
  compareIds,
  isMoment,
  parseId,
  type StreamId,
  type StreamPosition,
} from "./position.ts";

/** The state of a stream, as the server reports it. */
export interface StreamState {
  readonly last: StreamId;
  /** The oldest kept entry; undefined for an empty stream. */
  readonly first: StreamId | undefined;
  /** Number of kept entries. */
  readonly length: number;
  /** Number of entries ever added; undefined before Redis 7. */
  readonly added: number | undefined;
}

const RESET = "its stream was reset or deleted";

const NO_STREAM: StreamState = {
  last: BEGINNING,
  first: undefined,
  length: 0,
  added: 0,
};

/** The state from the reply to XINFO STREAM, or its error. A missing stream counts as an empty one. */
export function stateOf(info: unknown): StreamState | Error {
  if (!(info instanceof Error)) return parseStreamState(info);
  return /no such key/i.test(info.message) ? NO_STREAM : info;
}

/** Parses the reply: alternating names and values, with texts as Buffers. */
function parseStreamState(answer: unknown): StreamState {
  const fields = new Map<string, unknown>();
  if (!Array.isArray(answer)) throw new TypeError("XINFO STREAM: the reply is not a list");
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
 * Why unread entries after a position may be gone; undefined if none can be.
 *
 * The oldest entries are trimmed first. So nothing is gone as long as the position is among the
 * kept entries. After that, the number of entries ever added shows whether more than that entry is
 * gone. If it shows that less is gone, the stream began again.
 */
export function findGap(
  { id, index, run }: StreamPosition,
  state: StreamState,
  now: { readonly run: string | undefined },
): string | undefined {
  if (compareIds(state.last, id) < 0) {
    // No entry was added since the time to begin at.
    return isMoment(id) ? undefined : RESET;
  }
  if (run !== undefined && run !== now.run) {
    return "another server has its stream, and may lack the last events";
  }
  if (state.first !== undefined && compareIds(state.first, id) <= 0) return undefined;
  if (state.added === undefined) {
    return compareIds(state.last, id) === 0
      ? undefined
      : "earlier events of its stream may have been trimmed";
  }
  const cutOff = state.added - state.length;
  if (index !== undefined && cutOff < index) return RESET;
  if (cutOff === 0 || cutOff === index) return undefined;
  return compareIds(state.last, id) === 0
    ? undefined
    : "later events of its stream were trimmed before they were read";
}

/** The number of entries ever added up to the last one of a partial read. */
export function indexOfLast(
  position: StreamPosition | undefined,
  { first, length, added }: StreamState,
  read: number,
): number | undefined {
  if (added === undefined || first === undefined || position === undefined) return undefined;
  if (compareIds(position.id, first) < 0) return added - length + read;
  return position.index === undefined ? undefined : position.index + read;
}

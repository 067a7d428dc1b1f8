import type { PastMark } from "../../../contract/past.ts";
import type { RedisNode } from "../node.ts";
import type { StreamCursor } from "./cursor.ts";
import { formatId, parseId, predecessor, type StreamId } from "./position.ts";
import type { StreamState } from "./state.ts";

/** Maximum number of entries per read. */
const COUNT = 1_000;

/** Places a cursor that begins with the last entries before the first of them. */
export async function placeBeforeLast({ redis }: RedisNode, cursor: StreamCursor): Promise<void> {
  const { wanted, key } = cursor;
  if (wanted?.last === undefined || cursor.frames !== undefined) return;
  const sinceMs = typeof wanted.since === "number" ? BigInt(wanted.since) : 0n;
  let frames = 0;
  let first: StreamId | undefined;
  let isMore = true;
  while (isMore && frames < wanted.last) {
    const end = first === undefined ? "+" : formatId(predecessor(first));
    const count = Math.min(COUNT, wanted.last - frames);
    const answer = await redis.callBuffer("XREVRANGE", key, end, "-", "COUNT", count);
    const ids = idsOf(answer);
    const recent = ids.filter(({ ms }) => ms >= sinceMs);
    frames += recent.length;
    first = recent.at(-1) ?? first;
    isMore = recent.length === count;
  }
  cursor.frames = frames;
  if (first === undefined) return;
  cursor.position = { id: predecessor(first), index: undefined, run: undefined };
  cursor.isHistory = true;
}

function idsOf(answer: unknown): readonly StreamId[] {
  if (!Array.isArray(answer)) throw new TypeError("XREVRANGE: the reply is not a list");
  return answer.map((entry) => parseId(String(entry[0])));
}

/** Where the past of a stream begins, from its state at that time. */
export function pastStart({ frames }: StreamCursor, state: StreamState): PastMark {
  const { added, length, first, last } = state;
  const isWhole = added === length;
  return { kind: "start", frames, keptSince: isWhole ? 0 : Number((first ?? last).ms) };
}

import type { RecordedBlock, RecorderReader } from "../../../contract/recorder.ts";
import type { RecordedTopic } from "./recorded_topic.ts";
import type { Rest } from "./rest.ts";
import type { WireLog } from "./wire_log.ts";

/** A scan goes back no further after this time. */
const MAX_SCAN_MS = 5_000;

interface PastScanOptions {
  readonly log: Pick<WireLog, "openedAt" | "tail">;
  readonly rest: Rest;
  readonly signal: AbortSignal;
}

/**
 * Goes back in a recorder from the oldest event in the log, until it has found what is wanted of
 * each topic.
 *
 * @returns the place of the block with that oldest event; undefined if it was not found
 */
export async function scanPast(
  recorder: RecorderReader,
  topics: ReadonlyMap<string, RecordedTopic>,
  { log, rest, signal }: PastScanOptions,
): Promise<string | undefined> {
  const deadline = performance.now() + MAX_SCAN_MS;
  const { tail } = log;
  /** The log, or a block that was read, has every frame from this index on, unless it is not whole. */
  let known = tail;
  let place: string | undefined;
  let isWhole = true;
  let isRunRead = false;
  for await (const part of recorder.read({ newestFirst: true })) {
    await rest.take();
    if (signal.aborted || performance.now() > deadline) break;
    if (part.kind === "loss") {
      // Within this run the indexes say what is lost: the log may have what the recorder lacks.
      if (isRunRead) isWhole = false;
      continue;
    }
    const { index, events } = part;
    if (index === undefined ? known > 0 : index + events < known) isWhole = false;
    const counts = countTopics(part, index === undefined ? events : known - index);
    const block = index === 0 ? { ...part, from: Math.min(part.from, log.openedAt) } : part;
    known = Math.min(known, index ?? 0);
    isRunRead ||= index === undefined || index === 0;
    for (const [name, topic] of topics) topic.take(block, counts.get(name) ?? 0, isWhole);
    if (index !== undefined && index <= tail) place ??= part.place;
    if (topics.values().every(({ isComplete }) => isComplete)) break;
  }
  return place;
}

/** The number of events of each topic among the first ones of a block. */
function countTopics(block: RecordedBlock, events: number): ReadonlyMap<string, number> {
  const counts = new Map<string, number>();
  if (events <= 0) return counts;
  let left = events;
  for (const { topic } of block.frames()) {
    if (left-- === 0) break;
    counts.set(topic, (counts.get(topic) ?? 0) + 1);
  }
  return counts;
}

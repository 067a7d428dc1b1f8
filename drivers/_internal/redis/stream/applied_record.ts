import { Buffer } from "node:buffer";
import { keySlot } from "../pubsub/slots.ts";
import { printable } from "../../zmtp/wire.ts";
import { formatId, parseId, type StreamId } from "./position.ts";

/** The hash in which subscribers report what their applications have, with a field for each. */
export const NODES_KEY = "{df-pubsub:nodes}";

/** The slot of that hash. */
export const NODES_SLOT: number = keySlot(Buffer.from(NODES_KEY));

/** Maximum time between two reports of a subscriber, in milliseconds. */
export const BEAT_MS = 1_000;

/** A report of a subscriber. Times are those of the server, in Unix milliseconds. */
export interface AppliedRecord {
  readonly node: string;
  /** The name of its host. */
  readonly host: string;
  readonly processId: number;
  readonly version: string;
  readonly connectedAt: number;
  /** When it was written. */
  readonly at: number;
  /** When its position last moved. */
  readonly movedAt: number;
  readonly topicCount: number;
  /** The last entry that the application has, for its first topics. */
  readonly topics: ReadonlyMap<string, StreamId>;
}

/** The record as it is in the hash. */
export function formatRecord({ topics, ...rest }: AppliedRecord): string {
  const entries = Array.from(topics, ([topic, id]) => [topic, formatId(id)]);
  return JSON.stringify({ ...rest, topics: Object.fromEntries(entries) });
}

/**
 * Parses what {@linkcode formatRecord} writes; undefined for anything else, which other programs
 * may write.
 */
export function parseRecord(text: string): AppliedRecord | undefined {
  try {
    const record = JSON.parse(text);
    const { node, host, processId, version, connectedAt, at, movedAt, topicCount, topics } = record;
    const numbers = [processId, connectedAt, at, movedAt, topicCount];
    if (![node, host, version].every((each) => typeof each === "string")) return undefined;
    if (!numbers.every(Number.isSafeInteger)) return undefined;
    const ids = Object.entries<string>(topics).map(([topic, id]) => [topic, parseId(id)] as const);
    return {
      node: printable(node),
      host: printable(host),
      version: printable(version),
      ...{ processId, connectedAt, at, movedAt, topicCount },
      topics: new Map(ids),
    };
  } catch {
    return undefined;
  }
}

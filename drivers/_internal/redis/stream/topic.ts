import { Buffer } from "node:buffer";
import { crc16, keySlot } from "../pubsub/slots.ts";
import { type CommandHead, encodeHead, NOBODY, type PublishWire } from "../pubsub/wire.ts";

/** The one field of an entry, which holds the event's bytes. */
export const PAYLOAD_FIELD = "e";

const BUCKETS = 16;
const CAPACITY = 4096;
/** Every so many entries of a topic history is cut by age, otherwise by count. */
const CUT_BY_AGE_EVERY = 16;

/**
 * Where a topic's stream lives: `{df-pubsub:<bucket>}:<topic>`, the bucket being the CRC16 (XMODEM)
 * of the topic modulo 16. In a cluster a bucket is one slot, so that any number of topics is read
 * over at most 16 connections, and the topics are spread over the masters.
 */
export function streamKey(topic: string): string {
  return `{df-pubsub:${bucketOf(topic)}}:${topic}`;
}

/** The topics of one bucket can be read by one command, on any arrangement of servers. */
export function bucketOf(topic: string): number {
  return crc16(Buffer.from(topic)) % BUCKETS;
}

/** The slot of a bucket's streams. */
export function bucketSlot(bucket: number): number {
  return keySlot(Buffer.from(`{df-pubsub:${bucket}}`));
}

/** How much history streams have. */
export interface StreamBounds {
  readonly maxLength: number;
  /** 0 is any age. */
  readonly maxAgeMs: number;
}

/** XADD to a topic's stream, which is cut to its bounds, roughly, as it grows. */
export function streamWire(
  { maxLength, maxAgeMs }: StreamBounds,
  now: () => number = Date.now,
): PublishWire {
  const heads = new Map<string, CommandHead & { added: number }>();
  const make = (topic: string, bound: string, limit: number) => ({
    bytes: encodeHead(
      ["XADD", streamKey(topic), bound, "~", String(limit), "*", PAYLOAD_FIELD],
    ),
    slot: bucketSlot(bucketOf(topic)),
  });
  return {
    command: "xadd",
    idle: ["xadd", NOBODY, "NOMKSTREAM", "*", PAYLOAD_FIELD, ""],
    isSpread: true,
    head(topic) {
      const known = heads.get(topic);
      // A command may cut by count or by age, not both; the first of a topic cuts by age.
      const isByAge = maxAgeMs > 0 && (known === undefined || known.added % CUT_BY_AGE_EVERY === 0);
      if (known !== undefined) known.added++;
      if (known !== undefined && !isByAge) return known;
      if (heads.size >= CAPACITY) heads.clear();
      if (known === undefined) heads.set(topic, { ...make(topic, "MAXLEN", maxLength), added: 1 });
      return isByAge
        ? make(topic, "MINID", Math.max(0, now() - maxAgeMs))
        : make(topic, "MAXLEN", maxLength);
    },
  };
}

import { Buffer } from "node:buffer";
import { crc16, keySlot } from "../pubsub/slots.ts";
import { type CommandHead, encodeHead, NOBODY, type PublishWire } from "../pubsub/wire.ts";

/** The only field of an entry, which holds the event's bytes. */
export const PAYLOAD_FIELD = "e";

const BUCKETS = 16;
const CAPACITY = 4096;
/** Interval of entries at which a topic's stream is trimmed by age instead of by count. */
const CUT_BY_AGE_EVERY = 16;

/**
 * The key of a topic's stream: `{df-pubsub:<bucket>}:<topic>`. The bucket is the CRC16 (XMODEM) of
 * the topic modulo 16. In a cluster a bucket is one slot, so that any number of topics is read over
 * at most 16 connections, and topics are spread over the masters.
 */
export function streamKey(topic: string): string {
  return `{df-pubsub:${bucketOf(topic)}}:${topic}`;
}

/**
 * The bucket of a topic. One command can read the topics of one bucket, on any arrangement of
 * servers.
 */
export function bucketOf(topic: string): number {
  return crc16(Buffer.from(topic)) % BUCKETS;
}

/** The slot of a bucket's streams. */
export function bucketSlot(bucket: number): number {
  return keySlot(Buffer.from(`{df-pubsub:${bucket}}`));
}

/** The limits of a stream's history. */
export interface StreamBounds {
  readonly maxLength: number;
  /** 0 means no limit. */
  readonly maxAgeMs: number;
}

/** XADD to a topic's stream, which also trims the stream approximately to its limits. */
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
      // A command can trim by count or by age, but not both; the first one of a topic trims by age.
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

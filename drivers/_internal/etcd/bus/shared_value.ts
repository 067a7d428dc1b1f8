import { Buffer } from "node:buffer";
import type { EtcdKeyValue } from "../answers.ts";

/** The key of a shared value under which the events are, in MessagePack. */
const EVENTS = messagePackText("df_pubsub_events");
/** A map of six entries, the first of which are the events, as binary data of up to 4 GiB. */
const HEAD = Buffer.concat([Buffer.of(0x86), EVENTS, Buffer.of(0xc6)]);
const NIL = Buffer.of(0xc0);
/** Bytes of the length in front of all events, and of each. */
const LENGTH_BYTES = 4;

/**
 * The value of a put that several events share: a `sync` of the topic in the original's form, whose
 * nodes read five entries of the map, and the events in one more entry.
 */
export function sharedValue(topic: string, events: readonly Uint8Array[]): Buffer {
  const parts = events.flatMap((event) => [lengthOf(event.length), event]);
  const size = parts.reduce((sum, { length }) => sum + length, 0);
  return Buffer.concat([HEAD, lengthOf(size), ...parts, syncFields(topic)]);
}

/** The events of a put, as etcd returns it. */
export function eventsIn({ value = "" }: EtcdKeyValue): readonly Uint8Array[] {
  return eventsOf(Buffer.from(value, "base64"));
}

/** The events of a value: several if they share it, otherwise the value itself. */
function eventsOf(value: Buffer): readonly Uint8Array[] {
  if (!value.subarray(0, HEAD.length).equals(HEAD)) return [bytesOf(value)];
  let at = HEAD.length + LENGTH_BYTES;
  const end = at + readLength(value, HEAD.length);
  const events: Uint8Array[] = [];
  while (at < end && end <= value.length) {
    const from = at + LENGTH_BYTES;
    at = from + readLength(value, at);
    events.push(bytesOf(value.subarray(from, at)));
  }
  return at === end ? events : [bytesOf(value)];
}

function bytesOf({ buffer, byteOffset, length }: Buffer): Uint8Array {
  return new Uint8Array(buffer, byteOffset, length);
}

/** The five entries of an event of the original. */
function syncFields(topic: string): Buffer {
  return Buffer.concat([
    ...[messagePackText("table"), NIL],
    ...[messagePackText("key"), NIL],
    ...[messagePackText("action"), messagePackText("sync")],
    ...[messagePackText("value"), NIL],
    ...[messagePackText("topic"), messagePackText(topic)],
  ]);
}

/** Text as the original's MessagePack has it: without the later form for 32 to 255 bytes. */
function messagePackText(text: string): Buffer {
  const bytes = Buffer.from(text);
  const { length } = bytes;
  const head = length < 32 ? Buffer.of(0xa0 | length) : Buffer.of(0xda, length >> 8, length & 255);
  return Buffer.concat([head, bytes]);
}

function lengthOf(bytes: number): Buffer {
  const length = Buffer.alloc(LENGTH_BYTES);
  length.writeUInt32BE(bytes);
  return length;
}

function readLength(value: Buffer, at: number): number {
  return at + LENGTH_BYTES <= value.length ? value.readUInt32BE(at) : Infinity;
}

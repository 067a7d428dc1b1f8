/**
 * The ZMTP wire format with the NULL mechanism: RFC 23/ZMTP 3.0 and RFC 37/ZMTP 3.1 of
 * rfc.zeromq.org.
 */

import { joined } from "../../contract/joined.ts";
import { TopicCache } from "../topic_cache.ts";

/** Bits of the first byte of a frame. */
export const FLAG = { more: 1, long: 2, command: 4 } as const;

export const GREETING_BYTES = 64;
/** A greeting begins with a signature. libzmq sends the rest when it has received one. */
export const SIGNATURE_BYTES = 10;
const SIGNATURE_END = SIGNATURE_BYTES - 1;
const VERSION_AT = 10;
const MINOR_AT = 11;
const MECHANISM_AT = 12;
const MECHANISM_BYTES = 20;
const MAJOR = 3;
const MINOR = 1;
/** The first byte of a peer that begins with TLS. */
const TLS_HANDSHAKE = 0x16;
/** Maximum size of a frame whose size is encoded in one byte. */
const MAX_SHORT_BYTES = 255;
/** Maximum size of a property of READY: a URL may have a host name of 253 characters. */
export const MAX_PROPERTY_CHARACTERS = 512;

const encoder = new TextEncoder();
const decoder = new TextDecoder("utf-8", { fatal: false, ignoreBOM: true });
const commandNames = new TopicCache();

/** The greeting: the first 64 bytes that each end sends. */
export function greeting(): Uint8Array<ArrayBuffer> {
  const bytes = new Uint8Array(GREETING_BYTES);
  bytes[0] = 0xff;
  bytes[SIGNATURE_END] = 0x7f;
  bytes[VERSION_AT] = MAJOR;
  bytes[MINOR_AT] = MINOR;
  bytes.set(encoder.encode("NULL"), MECHANISM_AT);
  return bytes;
}

/** The greeting of a peer. A string is the reason for refusing the peer. */
export type Greeting = { readonly minor: number } | string;

const OLD_PEER = "set the libzmq driver, which takes it, or upgrade the peer to libzmq 4";

/**
 * Parses a greeting as far as it has arrived; undefined while it is incomplete but valid so far.
 */
export function parseGreeting(bytes: Uint8Array): Greeting | undefined {
  const [first] = bytes;
  if (first === undefined) return undefined;
  if (first === TLS_HANDSHAKE) return "it uses TLS, which this port does not";
  if (first !== 0xff) return `it does not speak ZMTP 3: its first byte is ${first}, wanted 255`;
  const signatureEnd = bytes[SIGNATURE_END];
  if (signatureEnd === undefined) return undefined;
  if ((signatureEnd & 1) === 0) return `it speaks ZMTP 1, wanted ZMTP 3: ${OLD_PEER}`;
  const version = bytes[VERSION_AT];
  if (version === undefined) return undefined;
  if (version < MAJOR) return `it speaks ZMTP 2, wanted ZMTP 3: ${OLD_PEER}`;
  if (bytes.length < GREETING_BYTES) return undefined;
  const name = bytes.subarray(MECHANISM_AT, MECHANISM_AT + MECHANISM_BYTES);
  const mechanism = printable(decoder.decode(name).split("\0", 1).join());
  if (mechanism !== "NULL") return `its security mechanism is "${mechanism}", wanted NULL`;
  return { minor: version > MAJOR ? MINOR : bytes[MINOR_AT] ?? 0 };
}

/** Makes a text from a peer safe for a log: all printable ASCII, at most 64 characters. */
export function printable(text: string, maxCharacters = 64): string {
  return text.slice(0, maxCharacters).replace(/[^\x20-\x7e]/g, "?");
}

/** Size of a frame on the wire, in bytes. */
export function frameBytes(size: number): number {
  return size + (size <= MAX_SHORT_BYTES ? 2 : 9);
}

/** Where the body of the frame at an offset begins. */
export function bodyStart(bytes: Uint8Array, at: number): number {
  return at + (((bytes[at] ?? 0) & FLAG.long) === 0 ? 2 : 9);
}

/** Where the body of the frame at an offset begins, and where it ends. */
export function frameAt(bytes: Uint8Array, at: number): { start: number; end: number } {
  const start = bodyStart(bytes, at);
  const isShort = start === at + 2;
  const sizeAt = isShort ? at + 1 : at + 5;
  let size = 0;
  for (let place = sizeAt; place < start; place++) size = size * 256 + (bytes[place] ?? 0);
  return { start, end: start + size };
}

/** Writes a frame's head and returns where its body begins. */
export function writeHead(bytes: Uint8Array, at: number, flags: number, size: number): number {
  if (size <= MAX_SHORT_BYTES) {
    bytes[at] = flags;
    bytes[at + 1] = size;
    return at + 2;
  }
  bytes[at] = flags | FLAG.long;
  // A loop is faster than `fill`, which is a call out of compiled code.
  for (let i = 1; i < 5; i++) bytes[at + i] = 0;
  bytes[at + 5] = size >>> 24;
  bytes[at + 6] = size >>> 16;
  bytes[at + 7] = size >>> 8;
  bytes[at + 8] = size;
  return at + 9;
}

export function frame(flags: number, body: Uint8Array): Uint8Array<ArrayBuffer> {
  const bytes = new Uint8Array(frameBytes(body.length));
  bytes.set(body, writeHead(bytes, 0, flags, body.length));
  return bytes;
}

/** Encodes a text after its length, cut to 255 bytes. */
function shortText(text: string): Uint8Array {
  const bytes = encoder.encode(text).subarray(0, MAX_SHORT_BYTES);
  return joined([Uint8Array.of(bytes.length), bytes]);
}

/** Encodes a command frame from its name and data. */
export function command(name: string, data: Uint8Array): Uint8Array<ArrayBuffer> {
  const size = 1 + name.length + data.length;
  const bytes = new Uint8Array(frameBytes(size));
  let at = writeHead(bytes, 0, FLAG.command, size);
  bytes[at++] = name.length;
  for (let index = 0; index < name.length; index++) bytes[at++] = name.charCodeAt(index);
  bytes.set(data, at);
  return bytes;
}

/** Parses the name and data of a command; undefined if it is malformed. */
export function parseCommand(
  body: Uint8Array,
): { readonly name: string; readonly data: Uint8Array } | undefined {
  const length = body[0];
  if (length === undefined || length === 0 || body.length < 1 + length) return undefined;
  return {
    name: printable(commandNames.text(body, 1, 1 + length) ?? ""),
    data: body.subarray(1 + length),
  };
}

/** Encodes READY: the socket type, and further properties. */
export function ready(
  socketType: string,
  properties: ReadonlyMap<string, string>,
): Uint8Array<ArrayBuffer> {
  const parts = [["Socket-Type", socketType] as const, ...properties].map(([name, value]) => {
    const text = encoder.encode(value);
    const size = new DataView(new ArrayBuffer(4));
    size.setUint32(0, text.length);
    return joined([shortText(name), new Uint8Array(size.buffer), text]);
  });
  return command("READY", joined(parts));
}

/** Parses the properties of READY, with names in lower case; undefined if it is malformed. */
export function parseProperties(data: Uint8Array): Map<string, string> | undefined {
  const properties = new Map<string, string>();
  const view = new DataView(data.buffer, data.byteOffset, data.byteLength);
  for (let at = 0; at < data.length;) {
    const nameEnd = at + 1 + (data[at] ?? 0);
    if (nameEnd === at + 1 || nameEnd + 4 > data.length) return undefined;
    const name = printable(decoder.decode(data.subarray(at + 1, nameEnd))).toLowerCase();
    const valueEnd = nameEnd + 4 + view.getUint32(nameEnd);
    if (valueEnd > data.length) return undefined;
    const value = decoder.decode(data.subarray(nameEnd + 4, valueEnd));
    properties.set(name, printable(value, MAX_PROPERTY_CHARACTERS));
    at = valueEnd;
  }
  return properties;
}

/** Encodes ERROR: why the connection ends. */
export function error(reason: string): Uint8Array<ArrayBuffer> {
  return command("ERROR", shortText(reason));
}

/** Parses the reason in an ERROR. */
export function parseError(data: Uint8Array): string {
  return printable(decoder.decode(data.subarray(1, 1 + (data[0] ?? 0))), MAX_SHORT_BYTES);
}

/** Encodes PING, which requests a PONG. The peer may disconnect after `ttlMs` without data. */
export function ping(ttlMs: number): Uint8Array<ArrayBuffer> {
  const data = new Uint8Array(2);
  new DataView(data.buffer).setUint16(0, Math.min(0xffff, Math.ceil(ttlMs / 100)));
  return command("PING", data);
}

const MAX_CONTEXT_BYTES = 16;

/**
 * Parses a PING: how long its sender may be silent (0: forever), and the PONG to reply with.
 * Undefined if it is malformed.
 */
export function parsePing(
  data: Uint8Array,
): { readonly ttlMs: number; readonly pong: Uint8Array<ArrayBuffer> } | undefined {
  if (data.length < 2 || data.length > 2 + MAX_CONTEXT_BYTES) return undefined;
  const ttl = (data[0] ?? 0) * 256 + (data[1] ?? 0);
  return { ttlMs: ttl * 100, pong: command("PONG", data.subarray(2)) };
}

const SUBSCRIBE = 1;
const CANCEL = 0;

/** The prefix of every topic. */
export const ALL_TOPICS = "";

/** Encodes a subscription or cancellation for a peer of that ZMTP minor version. */
export function subscription(
  kind: "subscribe" | "cancel",
  topic: Uint8Array,
  minor: number,
): Uint8Array<ArrayBuffer> {
  if (minor >= 1) return command(kind === "subscribe" ? "SUBSCRIBE" : "CANCEL", topic);
  return frame(0, joined([Uint8Array.of(kind === "subscribe" ? SUBSCRIBE : CANCEL), topic]));
}

/**
 * Whether a message of one frame, by its first byte, subscribes or cancels; undefined for neither.
 */
export function subscriptionKind(first: number | undefined): "subscribe" | "cancel" | undefined {
  if (first === SUBSCRIBE) return "subscribe";
  return first === CANCEL ? "cancel" : undefined;
}

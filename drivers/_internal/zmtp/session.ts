import type { ServiceAnnouncement } from "../../contract/peer_state.ts";
import { writeByteText } from "../byte_text.ts";
import { MAX_PROPERTY_CHARACTERS, printable } from "./wire.ts";

/**
 * Version of our session: the READY properties and commands that our own peers exchange besides
 * messages. Their names begin with `X-DF-`. Other peers ignore the properties and receive no such
 * command.
 */
const SESSION_VERSION = "1";

/** What a process announces about itself. None of it is secret. */
export interface OwnSession {
  readonly node: string;
  readonly processId: number;
  readonly version: string;
  /** Only for a publisher: unique ID of its run. */
  readonly run?: string | undefined;
  /** Only for a publisher: the time by its clock, in Unix milliseconds. */
  readonly sentAt?: number | undefined;
  /** Only for a publisher: its `publisher_timeout`, in milliseconds. */
  readonly timeoutMs?: number | undefined;
  /** Only for a publisher: whether a subscription may begin in the past. */
  readonly keepsPast?: boolean | undefined;
  /** Only for a publisher service. */
  readonly announcement?: ServiceAnnouncement | undefined;
}

/** What a peer announced about itself. */
export type PeerSession = OwnSession;

/** The properties of READY that announce the session. */
export function sessionProperties(own: OwnSession): ReadonlyMap<string, string> {
  const said = {
    Session: SESSION_VERSION,
    Node: own.node,
    Process: own.processId,
    Version: own.version,
    Run: own.run,
    Time: own.sentAt,
    Timeout: own.timeoutMs,
    Past: own.keepsPast ? 1 : undefined,
    Publisher: own.announcement?.id,
    Pages: own.announcement?.pages,
  };
  const known = Object.entries(said).filter(([, value]) => value !== undefined);
  const text = (value: unknown) => printable(String(value), MAX_PROPERTY_CHARACTERS);
  return new Map(known.map(([name, value]) => [`X-DF-${name}`, text(value)]));
}

/** Parses the session that a peer announced; undefined without one, or for another version. */
export function parseSession(properties: ReadonlyMap<string, string>): PeerSession | undefined {
  if (properties.get("x-df-session") !== SESSION_VERSION) return undefined;
  const id = properties.get("x-df-publisher");
  return {
    node: printable(properties.get("x-df-node") ?? ""),
    processId: Number(properties.get("x-df-process")) || 0,
    version: printable(properties.get("x-df-version") ?? ""),
    run: properties.get("x-df-run"),
    sentAt: numberOf(properties, "time"),
    timeoutMs: numberOf(properties, "timeout"),
    keepsPast: numberOf(properties, "past") === 1,
    announcement: id === undefined ? undefined : { id, pages: properties.get("x-df-pages") },
  };
}

function numberOf(properties: ReadonlyMap<string, string>, name: string): number | undefined {
  const number = Number(properties.get(`x-df-${name}`));
  return number > 0 && number < Number.MAX_SAFE_INTEGER ? number : undefined;
}

/**
 * The commands of the session and their data: 64-bit numbers first, then a topic.
 *
 * - `want`: the subscriber wants the events of the topic from `seq` on (0: from now on).
 * - `back`: the subscriber wants the last events of the topic, at most this number (0: any), sent at
 *   this Unix time in milliseconds or later, and then those from now on.
 * - `past`: the answer to `back`, before `live`: the wire number of the next event that is not
 *   past; the number of past events that follow; and the Unix time in milliseconds since which no
 *   event is missing. If fewer events precede `live`, the others are lost.
 * - `drop`: the subscriber ends its subscription to the topic; without a topic, to all topics.
 * - `live`: the next event of the topic on this connection has wire number `seq`.
 * - `ack`: the service has handled the first `seq` messages on this connection. Then the indexes of
 *   those among them that it has refused since the last `ack`.
 * - `applied`: the application has the events of the topic up to `seq`.
 * - `report`: the publisher requests an `applied` for the topic once the application has event
 *   `seq`.
 */
export const COMMAND = {
  want: "X-DF-WANT",
  back: "X-DF-BACK",
  past: "X-DF-PAST",
  drop: "X-DF-DROP",
  live: "X-DF-LIVE",
  ack: "X-DF-ACK",
  applied: "X-DF-APPLIED",
  report: "X-DF-REPORT",
} as const;

/** The numbers of a `past` command. */
export interface PastAnswer {
  /** Wire number of the next event that is not past. */
  readonly end: number;
  /** Number of past events that follow. */
  readonly frames: number;
  /** The time since which no event is missing, in Unix milliseconds. */
  readonly keptSince: number;
}

const NUMBER_BYTES = 8;
const decoder = new TextDecoder("utf-8", { ignoreBOM: true });

/** Encodes numbers, followed by the bytes of a topic or by a text with one character per byte. */
export function commandData(
  numbers: readonly number[],
  topic: Uint8Array | string = "",
): Uint8Array {
  const data = new Uint8Array(numbers.length * NUMBER_BYTES + topic.length);
  numbers.forEach((number, index) => writeNumber(data, index * NUMBER_BYTES, number));
  const end = numbers.length * NUMBER_BYTES;
  if (typeof topic === "string") writeByteText(data, end, topic);
  else data.set(topic, end);
  return data;
}

/** Up to 100,000 numbers are written when a subscriber connects: a DataView is slower. */
function writeNumber(data: Uint8Array, at: number, number: number): void {
  let rest = number;
  for (let place = at + NUMBER_BYTES - 1; rest > 0; place--) {
    data[place] = rest % 256;
    rest = Math.floor(rest / 256);
  }
}

/** Reads the number at an index; undefined if it is missing or larger than a safe integer. */
export function commandNumber(data: Uint8Array, index: number): number | undefined {
  const at = index * NUMBER_BYTES;
  if (at + NUMBER_BYTES > data.length) return undefined;
  const view = new DataView(data.buffer, data.byteOffset, data.byteLength);
  const number = Number(view.getBigUint64(at));
  return Number.isSafeInteger(number) ? number : undefined;
}

/** Reads the topic that follows this count of numbers. */
export function commandTopic(data: Uint8Array, numbers: number): string {
  return decoder.decode(commandText(data, numbers));
}

/** Returns the bytes that follow this count of numbers. */
export function commandText(data: Uint8Array, numbers: number): Uint8Array {
  return data.subarray(numbers * NUMBER_BYTES);
}

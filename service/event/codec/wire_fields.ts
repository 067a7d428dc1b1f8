import type { JsonValue } from "../db_update.ts";
import type { EventStamp } from "./event_stamp.ts";

/** The two formats of a payload: a MessagePack map, or a MessagePack string of JSON text. */
export const WIRE_FORMATS = ["map", "json"] as const;
/** One of {@linkcode WIRE_FORMATS}. */
export type WireFormat = (typeof WIRE_FORMATS)[number];

/** The fields of an event in a payload that has passed all checks. */
export interface WireFields {
  readonly table: string | null;
  readonly key: string | null;
  readonly action: string;
  readonly value: JsonValue;
  /** Null or empty if the topic of the frame applies. */
  readonly topic: string | null;
  /** Undefined if there is no stamp, or an invalid one. */
  readonly stamp: EventStamp | undefined;
}

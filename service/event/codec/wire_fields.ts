import type { JsonValue } from "../db_update.ts";
import type { EventStamp } from "./event_stamp.ts";

/** The two shapes of a payload: a MessagePack map, or a MessagePack string of JSON text. */
export const WIRE_FORMATS = ["map", "json"] as const;
/** One of {@linkcode WIRE_FORMATS}. */
export type WireFormat = (typeof WIRE_FORMATS)[number];

/** The fields of an event as a payload holds them, after all checks. */
export interface WireFields {
  readonly table: string | null;
  readonly key: string | null;
  readonly action: string;
  readonly value: JsonValue;
  /** Null or empty when the sender left it to the frame. */
  readonly topic: string | null;
  /** Undefined when it has none, or none that is valid throughout. */
  readonly stamp: EventStamp | undefined;
}

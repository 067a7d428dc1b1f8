import { encodeUpdate } from "../../service/event/codec/encode.ts";
import { StampWriter } from "../../service/event/codec/stamp_writer.ts";
import { type DbUpdate, dbUpdate } from "../../service/event/db_update.ts";

/** The publisher of events that are made here. */
export const PUBLISHER = "58edf3d5-b797-52ba-b70b-5647a5c19a27";
/** A start of it. */
export const EPOCH = 1_700_000_000_000_000;

/** Where an event stands that is made here. */
export interface Place {
  readonly publisher?: string;
  readonly epoch?: number;
  readonly topic?: string;
}

/** An event of a number, known by its key: `k7`, of topics but D with their name: `t7`. */
export function numbered(seq: number, place: Place = {}): DbUpdate {
  const { publisher = PUBLISHER, epoch = EPOCH, topic = "D" } = place;
  const key = `${topic === "D" ? "k" : topic}${seq}`;
  const update = dbUpdate({ table: "lport", key, action: "set", topic, timestamp: 0 });
  return { ...update, origin: { publisher, epoch, topic, seq, sentAt: 0 } };
}

/** The payload of {@linkcode numbered}, with its stamp. */
export function numberedPayload(seq: number, place: Place = {}): Uint8Array {
  const { publisher = PUBLISHER, epoch = EPOCH } = place;
  const payload = encodeUpdate(numbered(seq, place), "map");
  const writer = new StampWriter(publisher, epoch);
  const bytes = new Uint8Array(writer.plan(payload, -1));
  writer.write(payload, bytes, 0, seq, 1);
  return bytes;
}

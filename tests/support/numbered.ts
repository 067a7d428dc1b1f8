import { encodeUpdate } from "../../service/event/codec/encode.ts";
import { StampWriter } from "../../service/event/codec/stamp_writer.ts";
import { type DbUpdate, dbUpdate } from "../../service/event/db_update.ts";

/** The publisher id of numbered events. */
export const PUBLISHER = "58edf3d5-b797-52ba-b70b-5647a5c19a27";
/** An epoch of that publisher. */
export const EPOCH = 1_700_000_000_000_000;

/** The position of a numbered event. */
export interface Place {
  readonly publisher?: string;
  readonly epoch?: number;
  readonly topic?: string;
  /** Makes the event a `sync`: of a table, or with null of all tables. */
  readonly syncOf?: string | null;
}

/** An event with a sequence number that its key shows: `k7` on topic D, `t7` on a topic `t`. */
export function numbered(seq: number, place: Place = {}): DbUpdate {
  const { publisher = PUBLISHER, epoch = EPOCH, topic = "D", syncOf } = place;
  const key = `${topic === "D" ? "k" : topic}${seq}`;
  const update = syncOf === undefined
    ? dbUpdate({ table: "lport", key, action: "set", topic, timestamp: 0 })
    : dbUpdate({ table: syncOf, key: null, action: "sync", topic, timestamp: 0 });
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

import { inTurns } from "../../drivers/contract/next_turn.ts";
import type { RecordedBlock, RecorderReader } from "../../drivers/contract/recorder.ts";
import { utcTime } from "../../drivers/contract/utc_time.ts";
import { decodeUpdate } from "../../service/event/codec/decode.ts";
import type { DbUpdate } from "../../service/event/db_update.ts";
import { counted } from "../terminal/quantities.ts";

/** Events of a recorder, or a text about events that it lacks. */
export type RecorderEvents =
  | { readonly updates: readonly DbUpdate[] }
  | { readonly loss: string };

/** Reads the events of a recorder that were published at a time or later. */
export async function* readRecorder(
  reader: RecorderReader,
  since: number | undefined,
): AsyncIterable<RecorderEvents> {
  for await (const part of reader.read({ since })) {
    if (part.kind === "block") yield { updates: await updatesOf(part, since ?? -Infinity) };
    else {
      const { at, events, reason } = part;
      const when = at === null ? "" : ` before ${utcTime(at)}`;
      const what = events === null ? "some events" : counted(events, "event");
      yield { loss: `${what}${when} ${events === 1 ? "is" : "are"} missing: ${reason}` };
    }
  }
}

/** Time of the oldest event in a recorder, in Unix milliseconds; undefined without an event. */
export async function oldestTime(reader: RecorderReader): Promise<number | undefined> {
  for await (const part of reader.read()) if (part.kind === "block") return part.from;
  return undefined;
}

async function updatesOf(block: RecordedBlock, since: number): Promise<DbUpdate[]> {
  const updates: DbUpdate[] = [];
  await inTurns(block.frames(), ({ topic, payload }) => {
    const update = decodeUpdate(payload, topic, { maxBytes: Infinity, timestamp: block.from });
    const at = update.origin === undefined ? block.until : update.origin.sentAt / 1000;
    if (at >= since) updates.push({ ...update, timestamp: Math.floor(at) });
  });
  return updates;
}

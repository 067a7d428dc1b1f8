import { formatPublisherRecord } from "../../service/publishers/publisher_record.ts";
import { FAKE_EPOCH_MS } from "./fakes/fake_clock.ts";

/** The value of a publisher's row that was last active `ageMs` before the fake clock's start. */
export function publisherText(id: string, ageMs: number, uri = `tcp://${id}:8866`): string {
  return formatPublisherRecord({ id, uri, lastActivityTimestamp: (FAKE_EPOCH_MS - ageMs) / 1000 });
}

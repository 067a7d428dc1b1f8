import assert from "node:assert/strict";
import { AppliedReports } from "../../../../drivers/_internal/zmtp/applied_reports.ts";
import type { Connection } from "../../../../drivers/_internal/zmtp/connection.ts";
import { TopicPlaces } from "../../../../drivers/_internal/zmtp/topic_places.ts";
import { bytesOf } from "../../../support/frame_reader.ts";

/** A publisher disconnects a subscriber that sends more per second. */
const MAX_BYTES = 100_000;

for (const topicBytes of [3, 256]) {
  Deno.test(`AppliedReports stay within a publisher's budget, when reporting 1,000 topics of ${topicBytes} bytes`, () => {
    const places = new TopicPlaces();
    for (let number = 0; number < 1_000; number++) {
      const topic = String(number).padStart(topicBytes, "0");
      places.begin(places.add(topic, bytesOf(topic)), 1);
    }
    const sizes: number[] = [];
    const connection = {
      queueCommand: (name: string, data: Uint8Array) => sizes.push(name.length + data.length),
      pump: () => {},
    } as unknown as Connection;
    new AppliedReports(places).tick(connection, { arrived: 0, applied: 0 });
    const bytes = sizes.reduce((sum, size) => sum + size, 0);
    assert(sizes.length > 0 && sizes.length <= 300, `${sizes.length} reports`);
    assert(bytes <= MAX_BYTES / 3, `${bytes} bytes`);
  });
}

import assert from "node:assert/strict";
import { scanPast } from "../../../../../drivers/_internal/zmtp/publish/past_scan.ts";
import { RecordedTopic } from "../../../../../drivers/_internal/zmtp/publish/recorded_topic.ts";
import { Rest } from "../../../../../drivers/_internal/zmtp/publish/rest.ts";
import { Topic } from "../../../../../drivers/_internal/zmtp/publish/topic_table.ts";
import {
  type PastBounds,
  WireLog,
} from "../../../../../drivers/_internal/zmtp/publish/wire_log.ts";
import type { RecordedPart } from "../../../../../drivers/contract/recorder.ts";
import { bytesOf, payloadOf } from "../../../../support/frame_reader.ts";

const DAMAGE = { kind: "loss", at: null, events: null, reason: "damaged", place: "" } as const;

/** A block with a number of frames of topic "D", recorded at a time. */
function block(index: number | undefined, events: number, at: number): RecordedPart {
  const frame = { topic: "D", payload: new Uint8Array() };
  const frames = () => Array.from({ length: events }, () => frame);
  const place = String(at).padStart(3, "0");
  return {
    kind: "block",
    place,
    index,
    events,
    from: at,
    until: at + 5,
    bytes: frame.payload,
    frames,
  };
}

/** Number of frames in these parts that are sent, without those that are also in the log. */
function countSent(topic: RecordedTopic, parts: readonly RecordedPart[]): number {
  let count = 0;
  for (const part of parts) {
    if (part.kind === "loss") continue;
    const events = part.index === undefined ? part.events : Math.min(part.events, 10 - part.index);
    for (let each = 0; each < events; each++) if (topic.wants(part.place)) count++;
  }
  return count;
}

/** Scans these parts of a recorder, beside a log that has frames 10 to 13. Returns the result. */
async function scan(parts: readonly RecordedPart[], wanted: Partial<PastBounds>) {
  let reads = 0;
  const log = new WireLog(4, 65_536);
  const topic = new Topic("D", bytesOf("D"), 0);
  for (let index = 0; index < 14; index++) log.append(topic, ...payloadOf(new Uint8Array()));
  log.noteSent(0, 900);
  const recorded = new RecordedTopic(topic, { last: Infinity, since: 0, ...wanted }, log);
  const recorder = {
    async *read() {
      for (const part of parts.toReversed()) {
        reads++;
        yield await Promise.resolve(part);
      }
    },
  };
  const { signal } = new AbortController();
  const run = { openedAt: 500, tail: log.tail };
  await scanPast(recorder, new Map([["D", recorded]]), { log: run, rest: new Rest(), signal });
  const { end, frames, keptSince } = recorded.answer;
  assert.equal(end, 15);
  assert.equal(countSent(recorded, parts), Math.max(0, frames - 4));
  return { frames, keptSince, start: recorded.start, reads };
}

const RUNS = [block(undefined, 7, 100), block(0, 6, 600), block(6, 8, 700)];

Deno.test("scanPast counts each frame once that the recorder and the log have, and reaches back to the oldest", async () => {
  assert.deepEqual(await scan(RUNS, {}), { frames: 21, keptSince: 100, start: "100", reads: 3 });
});

Deno.test("scanPast starts at the block that has the oldest wanted frame, when a number of frames is wanted", async () => {
  for (
    const [last, start, reads] of [
      [5, "700", 1],
      [8, "700", 1],
      [9, "600", 2],
      [14, "600", 2],
      [15, "100", 3],
    ] as const
  ) {
    const found = await scan(RUNS, { last });
    assert.deepEqual([found.frames, found.start, found.reads], [last, start, reads]);
  }
});

Deno.test("scanPast reaches back to the wanted time, when nothing was sent for a while before it", async () => {
  assert.deepEqual(await scan(RUNS, { since: 300 }), {
    frames: 14,
    keptSince: 300,
    start: "600",
    reads: 3,
  });
  assert.deepEqual(await scan(RUNS, { since: 650 }), {
    frames: 8,
    keptSince: 650,
    start: "700",
    reads: 2,
  });
});

Deno.test("scanPast says since when no frame is missing, when the recorder lacks some", async () => {
  const [earlier, first, second] = RUNS as [RecordedPart, RecordedPart, RecordedPart];
  const keptSince = async (...parts: RecordedPart[]) => (await scan(parts, {})).keptSince;
  assert.equal(await keptSince(earlier, DAMAGE, first, second), 500, "before this run");
  assert.equal(await keptSince(DAMAGE, earlier, first, second), 100, "before everything");
  assert.equal(
    await keptSince(earlier, first, DAMAGE, block(7, 7, 700)),
    700,
    "a frame of this run",
  );
  assert.equal(await keptSince(earlier, second), 700, "the first frames of this run");
  assert.equal(await keptSince(earlier, first), 900, "the last frames before the log");
  assert.equal(await keptSince(first, second), 500, "a run that is the first one");
  const inLog = [first, block(6, 4, 700), DAMAGE, block(12, 2, 800)];
  assert.equal(await keptSince(earlier, ...inLog), 100, "frames that the log has");
});

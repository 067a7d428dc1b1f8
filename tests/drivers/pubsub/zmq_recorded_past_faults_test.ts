import assert from "node:assert/strict";
import type { RecordedPart, RecorderReadOptions } from "../../../drivers/contract/recorder.ts";
import { eventually } from "../../support/eventually.ts";
import { bytesOf, FrameReader } from "../../support/frame_reader.ts";
import { heldReader } from "../../support/fakes/held_reader.ts";
import { MEBIBYTE, reportingRecorder } from "../../support/recorder.ts";
import { even, Sender } from "../../support/fakes/recording_sender.ts";
import { tempDir } from "../../support/temp_dir.ts";
import { test } from "../../support/zmq/zmq_test.ts";

/** The log keeps 512 frames. */
const SMALL_LOG = { "df_zmq.high_water_mark": "512" };

test(
  "begins in the recorder, when the log had all events and overwrites some before they are sent",
  async (bus) => {
    await using directory = await tempDir();
    await using opened = await reportingRecorder(directory.path);
    const { recorder } = opened;
    let afterScan = () => Promise.resolve();
    const slow = Object.assign(Object.create(recorder), {
      appendMessages: recorder.appendMessages.bind(recorder),
      async *read(options: RecorderReadOptions): AsyncIterable<RecordedPart> {
        yield* recorder.read(options);
        if (options.newestFirst === true) await afterScan();
      },
    });
    const sender = new Sender(recorder, { publisher: await bus.publisher({ recorder: slow }) });
    await sender.send(0, 500);
    afterScan = () => sender.send(500, 2_000);
    const subscriber = await bus.subscriber();
    const reader = new FrameReader(subscriber);
    subscriber.registerTopic("D", { since: "start" });
    await bus.follow(subscriber);
    await reader.has("D|1998");
    assert.deepEqual(reader.gaps, []);
    const marks = ["D|<start 250>", "D|<end>"];
    assert.deepEqual(reader.frames.filter((frame) => frame.startsWith("D|<")), marks);
    const frames = reader.frames.filter((frame) => !marks.includes(frame));
    assert.deepEqual(frames, even(0, 2_000));
  },
  SMALL_LOG,
);

test(
  "delivers a gap in place of past events that the recorder removed before they were sent",
  async (bus) => {
    await using directory = await tempDir();
    await using opened = await reportingRecorder(directory.path, { maxBytes: 16 * MEBIBYTE });
    const publisher = await bus.publisher({ recorder: opened.recorder });
    const sender = new Sender(opened.recorder, { publisher, size: 10_000 });
    const send = async (from: number, to: number) => {
      for (; from < to; from += 100) {
        await sender.send(from, from + 100);
        await sender.flush();
      }
    };
    await send(0, 1_000);
    const { subscriber, reader, goOn } = await heldReader(bus);
    await bus.follow(subscriber);
    // Twice the size of the recorder.
    await send(1_000, 4_400);
    assert.equal(opened.recorder.state.skipped, 0);
    goOn();
    // The recorder may remove events twice. And on a busy machine the subscriber may have reached the
    // log before: then the log makes it skip events, and the last ones may be among these.
    const { reported } = await eventually(() => {
      const counts = reader.gaps.map((gap) => /^D\|(\d+) events can no longer/.exec(gap)?.[1]);
      const reported = counts.reduce((sum, count) => sum + Number(count), 0);
      const arrived = reader.frames.filter((frame) => /^D\|\d/.test(frame)).length;
      return { reported, arrived };
    }, ({ reported, arrived }) => reported + arrived >= 2_200);
    const frames = reader.frames.map((frame) => frame.trim());
    const missing = even(0, 4_400).filter((frame) => !frames.includes(frame));
    assert.equal(frames[0], "D|<start 500>");
    assert(missing.length > 0);
    assert(frames.includes("D|<end>"));
    assert.equal(reported, missing.length);
  },
  SMALL_LOG,
);

test(
  "sends what the log has, and a gap for the rest, when the recorder cannot be read",
  async (bus) => {
    await using directory = await tempDir();
    await using opened = await reportingRecorder(directory.path);
    const read = () => {
      throw new Error("the disk is broken");
    };
    const value = { appendMessages: () => {}, read };
    const broken = Object.assign(Object.create(opened.recorder), value);
    const publisher = await bus.publisher({ recorder: broken });
    for (const frame of even(0, 3_000)) publisher.trySend("D", bytesOf(frame.slice(2)));
    const subscriber = await bus.subscriber();
    const reader = new FrameReader(subscriber);
    subscriber.registerTopic("D", { since: "start" });
    await bus.follow(subscriber);
    await reader.has("D|<end>");
    const found = reader.frames.filter((frame) => frame !== "D|");
    assert.deepEqual(found, ["D|<start 1500>", ...even(1_976, 3_000), "D|<end>"]);
    assert.deepEqual(reader.gaps, ["D|988 events can no longer be sent again"]);
    const other = await bus.subscriber();
    const last = new FrameReader(other);
    other.registerTopic("D", { last: 600 });
    await bus.follow(other);
    await last.has("D|<end>");
    assert.deepEqual(last.frames, ["D|<start 512>", ...even(1_976, 3_000), "D|<end>"]);
  },
  SMALL_LOG,
);

test("goes on in the log, when the recorder lacks the frames before it", async (bus) => {
  await using directory = await tempDir();
  await using opened = await reportingRecorder(directory.path, { maxBytes: 2 * MEBIBYTE });
  const publisher = await bus.publisher({ recorder: opened.recorder });
  const sender = new Sender(opened.recorder, { publisher });
  await sender.send(0, 1_000);
  // More than can be queued for the disk in one turn: some are skipped.
  const large = bytesOf("large".padEnd(100_000));
  for (let time = 0; time < 1_000; time++) publisher.trySend("large", large);
  await sender.send(2_000, 2_200);
  assert(opened.recorder.state.skipped > 0);
  const subscriber = await bus.subscriber();
  const reader = new FrameReader(subscriber);
  subscriber.registerTopic("tenant", { since: "start" });
  await bus.follow(subscriber);
  await reader.has("tenant|<end>");
  assert.equal(reader.frames.at(-2), "tenant|2199");
  const numbers = reader.frames.slice(1, -1).map((frame) => Number(frame.slice(7)));
  assert.deepEqual(numbers, numbers.toSorted((one, other) => one - other));
  assert(numbers.length >= 100);
}, SMALL_LOG);

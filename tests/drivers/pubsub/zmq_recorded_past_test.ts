import assert from "node:assert/strict";
import type { Bus } from "../../contract/pubsub_bus.ts";
import { FrameReader } from "../../support/frame_reader.ts";
import { heldReader, interruptedReader } from "../../support/fakes/held_reader.ts";
import { MEBIBYTE, reportingRecorder } from "../../support/recorder.ts";
import { even, Sender } from "../../support/fakes/recording_sender.ts";
import { tempDir } from "../../support/temp_dir.ts";
import { test } from "../../support/zmq/zmq_test.ts";

/** The log keeps 512 frames. */
const SMALL_LOG = { "df_zmq.high_water_mark": "512" };

/** A recorder with the frames 0 to 99 of an earlier run, and a publisher that reads it. */
async function begin(bus: Bus, path: string, options: { size?: number } = {}) {
  await using earlier = await reportingRecorder(path);
  await new Sender(earlier.recorder).send(0, 100);
  await earlier.recorder[Symbol.asyncDispose]();
  const opened = await reportingRecorder(path, { maxBytes: 256 * MEBIBYTE });
  const publisher = await bus.publisher({ recorder: opened.recorder });
  const sender = new Sender(opened.recorder, { publisher, ...options });
  return { publisher, sender, [Symbol.asyncDispose]: () => opened[Symbol.asyncDispose]() };
}

test(
  "begins a topic in the recorder, and goes on in the log and live, without a gap or a double",
  async (bus) => {
    await using directory = await tempDir();
    await using begun = await begin(bus, directory.path);
    const { sender } = begun;
    await sender.send(100, 3_000);
    const subscriber = await bus.subscriber();
    const reader = new FrameReader(subscriber);
    subscriber.registerTopic("D", { since: "start" });
    await bus.follow(subscriber);
    await reader.has("D|<end>");
    await sender.send(3_000, 3_002);
    await reader.has("D|3000");
    assert.deepEqual(reader.frames, [
      "D|<start 1500>",
      ...even(0, 3_000),
      "D|<end>",
      "D|3000",
    ]);
  },
  SMALL_LOG,
);

test(
  "sends the last frames of each topic from the recorder, exactly as many as wanted",
  async (bus) => {
    await using directory = await tempDir();
    await using begun = await begin(bus, directory.path);
    await begun.sender.send(100, 3_000);
    for (const last of [257, 1_000, 1_449, 1_451, 1_499, 1_600]) {
      const subscriber = await bus.subscriber();
      const reader = new FrameReader(subscriber);
      subscriber.registerTopic("D", { last });
      subscriber.registerTopic("tenant", { last: 5 });
      await bus.follow(subscriber);
      await reader.has("D|<end>");
      await reader.has("tenant|<end>");
      const frames = reader.frames.filter((frame) => frame.startsWith("D|"));
      const all = even(0, 3_000);
      assert.deepEqual(frames, [
        `D|<start ${Math.min(last, 1_500)}>`,
        ...all.slice(-last),
        "D|<end>",
      ]);
      assert.equal(reader.frames.length - frames.length, 7, "5 of the other topic, and its marks");
      await subscriber[Symbol.asyncDispose]();
    }
  },
  SMALL_LOG,
);

test(
  "stays in the recorder, while the log overtakes a slow subscriber, and delays no other",
  async (bus) => {
    await using directory = await tempDir();
    await using begun = await begin(bus, directory.path, { size: 10_000 });
    const { sender } = begun;
    await sender.send(100, 2_000);
    const { subscriber: slow, reader, goOn } = await heldReader(bus);
    await bus.follow(slow);
    const { reader: other } = await bus.reading("D");
    for (let from = 2_000; from < 4_000; from += 100) {
      await sender.send(from, from + 100);
      await other.has(`D|${`${from + 98}`.padEnd(10_000)}`);
    }
    assert.deepEqual(other.frames.map((frame) => frame.trim()), even(2_000, 4_000));
    goOn();
    await reader.has(`D|${"3998".padEnd(10_000)}`);
    const frames = reader.frames.map((frame) => frame.trim());
    const isMark = (frame: string) => frame.startsWith("D|<");
    assert.deepEqual(frames.filter(isMark), ["D|<start 1000>", "D|<end>"]);
    assert.deepEqual(frames.filter((frame) => !isMark(frame)), even(0, 4_000));
  },
  SMALL_LOG,
);

test("sends a recorded event of more than 8 MiB", async (bus) => {
  await using directory = await tempDir();
  await using opened = await reportingRecorder(directory.path, { maxBytes: 64 * MEBIBYTE });
  const publisher = await bus.publisher({ recorder: opened.recorder });
  publisher.trySend("D", new Uint8Array(9 * MEBIBYTE));
  await new Sender(opened.recorder, { publisher }).send(0, 1_000);
  const { subscriber, reader, goOn } = await heldReader(bus);
  goOn();
  await bus.follow(subscriber);
  await reader.has("D|998");
  assert.deepEqual([reader.frames[0], reader.frames[1]?.length], [
    "D|<start 501>",
    2 + 9 * MEBIBYTE,
  ]);
}, { ...SMALL_LOG, "df.pub_sub_max_event_bytes": String(16 * MEBIBYTE) });

test("says that all its topics are confirmed, before a long past has come", async (bus) => {
  await using directory = await tempDir();
  await using begun = await begin(bus, directory.path, { size: 10_000 });
  await begun.sender.send(100, 3_000);
  const { subscriber, reader, goOn } = await heldReader(bus);
  await bus.follow(subscriber);
  assert(reader.frames.length < 1_000, `${reader.frames.length} frames have come`);
  goOn();
  await reader.has("D|<end>");
}, SMALL_LOG);

test("answers a topic that was dropped and wanted again, while its past is read", async (bus) => {
  await using directory = await tempDir();
  await using begun = await begin(bus, directory.path, { size: 10_000 });
  const { sender } = begun;
  await sender.send(100, 2_000);
  const { subscriber, reader, goOn } = await heldReader(bus);
  await bus.follow(subscriber);
  subscriber.unregisterTopic("D");
  subscriber.registerTopic("D", { last: 400 });
  goOn();
  await reader.has("D|<start 400>");
  await reader.has("D|<end>");
  await sender.send(2_000, 2_001);
  await reader.has(`D|${"2000".padEnd(10_000)}`);
  const again = reader.frames.slice(reader.frames.indexOf("D|<start 400>"));
  const wanted = ["D|<start 400>", ...even(1_200, 2_000), "D|<end>", "D|2000"];
  assert.deepEqual(again.map((frame) => frame.trim()), wanted);
}, SMALL_LOG);

test(
  "reads the recorder again from the start, when the connection was lost meanwhile",
  async (bus) => {
    await using directory = await tempDir();
    await using begun = await begin(bus, directory.path, { size: 10_000 });
    const { sender, publisher } = begun;
    await sender.send(100, 2_000);
    await using interrupted = await interruptedReader(bus, publisher, "D|<start 1000>");
    const { reader } = interrupted;
    interrupted.goOn();
    await reader.has("D|<end>");
    const frames = reader.frames.map((frame) => frame.trim());
    const again = frames.lastIndexOf("D|<start 1000>");
    assert(again > 0);
    assert.deepEqual(frames.slice(again + 1), [...even(0, 2_000), "D|<end>"]);
  },
  SMALL_LOG,
);

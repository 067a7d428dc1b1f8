import assert from "node:assert/strict";
import { lockDirectory } from "../../../../drivers/_internal/recorder/directory.ts";
import { openRecorderReader } from "../../../../drivers/_internal/recorder/reader.ts";
import { FakeClock } from "../../../support/fakes/fake_clock.ts";
import { eventually } from "../../../support/eventually.ts";
import { MEBIBYTE, numbered, readNumbers, reportingRecorder } from "../../../support/recorder.ts";
import { tempDir } from "../../../support/temp_dir.ts";

const KILLED = "the service was killed before it had written them";

function range(first: number, last: number): number[] {
  return Array.from({ length: last - first + 1 }, (_, index) => first + index);
}

Deno.test("Recorder reads what it has recorded, in order and backwards, with the topics", async () => {
  await using directory = await tempDir();
  await using opened = await reportingRecorder(directory.join("new", "recorder"));
  const { recorder } = opened;
  for (const number of range(1, 10_000)) {
    recorder.append(number % 2 === 0 ? "D" : "größe", numbered(number));
  }
  assert.deepEqual(await readNumbers(recorder), range(1, 10_000));
  assert.deepEqual(await readNumbers(recorder, { newestFirst: true }), range(1, 10_000).reverse());
  const topics = new Set<string>();
  for await (const part of recorder.read()) {
    if (part.kind !== "block") continue;
    for (const { topic } of part.frames()) topics.add(topic);
  }
  assert.deepEqual([...topics], ["größe", "D"]);
  assert.deepEqual(opened.reports, []);
});

Deno.test("Recorder goes on after an earlier run, and says nothing if that was stopped", async () => {
  await using directory = await tempDir();
  for (const run of [0, 1, 2]) {
    await using opened = await reportingRecorder(directory.path);
    for (const number of range(1, 3)) opened.recorder.append("D", numbered(run * 3 + number));
    assert.deepEqual(opened.reports, []);
  }
  const reader = await openRecorderReader(directory.path);
  assert.deepEqual(await readNumbers(reader), range(1, 9));
});

Deno.test("Recorder writes without a flush, while it is open", async () => {
  await using directory = await tempDir();
  await using opened = await reportingRecorder(directory.path);
  opened.recorder.append("D", numbered(1));
  const reader = await openRecorderReader(directory.path);
  await eventually(() => readNumbers(reader), ([first]) => first === 1);
});

Deno.test("Recorder removes its oldest segments, and never uses more than recorder_bytes", async () => {
  await using directory = await tempDir();
  await using opened = await reportingRecorder(directory.path, { maxBytes: 2 * MEBIBYTE });
  const { recorder } = opened;
  for (const number of range(1, 20_000)) {
    recorder.append("D", numbered(number));
    if (number % 1_000 !== 0) continue;
    await recorder.flush();
    let bytes = 0;
    for await (const { name } of Deno.readDir(directory.path)) {
      bytes += (await Deno.stat(directory.join(name))).size;
    }
    assert(bytes <= 2 * MEBIBYTE, `${bytes} bytes`);
    assert.equal(recorder.state.bytes, bytes);
  }
  const read = await readNumbers(recorder);
  assert(read.length > 6_000 && read.length < 8_500, `${read.length} events`);
  assert.deepEqual(read, range(20_001 - read.length, 20_000));
});

Deno.test("Recorder writes an event that is larger than a block, after a burst", async () => {
  await using directory = await tempDir();
  await using opened = await reportingRecorder(directory.path);
  const { recorder, reports } = opened;
  // Each event of the burst takes one of the four blocks, which have 1 MiB.
  for (const number of range(1, 4)) recorder.append("D", numbered(number, MEBIBYTE / 2));
  await recorder.flush();
  for (const number of range(5, 9)) {
    recorder.append("D", numbered(number, 2 * MEBIBYTE));
    await recorder.flush();
  }
  assert.deepEqual(await readNumbers(recorder), range(1, 9));
  assert.deepEqual([recorder.state.skipped, reports], [0, []]);
});

Deno.test("Recorder shrinks to a smaller recorder_bytes, and keeps the newest events", async () => {
  await using directory = await tempDir();
  let next = 1;
  // After 684 events the newest file was just begun: the next event needs no other file.
  for (const [maxBytes, count] of [[16, 684], [4, 1], [4, 400]] as const) {
    await using opened = await reportingRecorder(directory.path, { maxBytes: maxBytes * MEBIBYTE });
    const { recorder } = opened;
    for (const end = next + count; next < end; next++) {
      recorder.append("D", numbered(next, 32 * 1024));
      await recorder.flush();
    }
    const { bytes } = recorder.state;
    assert(bytes <= maxBytes * MEBIBYTE, `${bytes} bytes of ${maxBytes} MiB`);
    const read = await readNumbers(recorder);
    assert(read.length > maxBytes * 20, `${read.length} events of ${maxBytes} MiB`);
    assert.deepEqual(read, range(next - read.length, next - 1));
  }
});

Deno.test("Recorder reads blocks since a time, and those before a place", async () => {
  await using directory = await tempDir();
  const clock = new FakeClock(1_000);
  await using opened = await reportingRecorder(directory.path, { clock });
  const { recorder } = opened;
  for (const number of range(1, 5)) {
    clock.setWall(number * 1_000);
    recorder.append("D", numbered(number));
    await recorder.flush();
  }
  assert.deepEqual(await readNumbers(recorder, { since: 3_000 }), [3, 4, 5]);
  const places = (await Array.fromAsync(recorder.read())).map(({ place }) => place);
  const before = places[3];
  assert.deepEqual(await readNumbers(recorder, { before, newestFirst: true }), [3, 2, 1]);
  assert.equal(recorder.state.oldestAt, 1_000);
});

Deno.test("Recorder cuts a truncated end, says so, and continues after the last whole block", async () => {
  // The block that ends a run has 64 bytes.
  for (const [cut, kept] of [[41, 5], [64 + 41, 4], [64 + 320, 4]] as const) {
    await using directory = await tempDir();
    {
      await using opened = await reportingRecorder(directory.path);
      for (const number of range(1, 5)) {
        opened.recorder.append("D", numbered(number));
        await opened.recorder.flush();
      }
    }
    const file = directory.join("0000000001.dfrec");
    await Deno.truncate(file, (await Deno.stat(file)).size - cut);
    await using opened = await reportingRecorder(directory.path);
    const reports = opened.reports.join();
    assert.match(reports, /found: the last run was killed/);
    assert.equal(/cut \d+ damaged bytes from its end/.test(reports), cut % 64 !== 0, reports);
    opened.recorder.append("D", numbered(6));
    assert.deepEqual(await readNumbers(opened.recorder), [...range(1, kept), KILLED, 6]);
  }
});

Deno.test("Recorder skips damage inside a segment, says where, and reads what follows", async () => {
  await using directory = await tempDir();
  const path = directory.join("0000000001.dfrec");
  await using opened = await reportingRecorder(directory.path);
  const { recorder } = opened;
  for (const number of range(1, 3)) {
    recorder.append("D", numbered(number));
    await recorder.flush();
  }
  const places = (await Array.fromAsync(recorder.read())).map(({ place }) => place);
  using file = await Deno.open(path, { write: true });
  await file.seek(Number(places[1]?.split(":")[1]) + 100, Deno.SeekMode.Start);
  await file.write(new Uint8Array([1, 2, 3]));
  const [first, damage, third] = await readNumbers(recorder);
  assert.deepEqual([first, third], [1, 3]);
  assert.match(String(damage), /^\d+ bytes of ".+0000000001\.dfrec" are damaged$/);
});

Deno.test("Recorder refuses a directory in which another one records, and takes it over later", async () => {
  await using directory = await tempDir();
  const first = await reportingRecorder(directory.path);
  const clock = new FakeClock();
  await using second = await reportingRecorder(directory.path, { clock });
  assert.match(
    second.reports[0] ?? "",
    /another process records in .+ set another .+recorder_path/,
  );
  second.recorder.append("D", numbered(1));
  await second.recorder.flush();
  await first[Symbol.asyncDispose]();
  await clock.advance(10_000);
  second.recorder.append("D", numbered(2));
  await second.recorder.flush();
  assert.deepEqual(await readNumbers(second.recorder), [
    "1: the recorder could not write them",
    2,
  ]);
  assert.deepEqual(second.reports.slice(1), ["success"]);
  assert.equal(second.recorder.state.skipped, 1);
});

Deno.test("openRecorderReader refuses a directory that is not a recorder's, and both it and lockDirectory refuse a file", async () => {
  await using directory = await tempDir();
  const file = directory.join("notes.txt");
  await Deno.writeTextFile(file, "");
  await assert.rejects(() => openRecorderReader(file), { message: "it is not a directory" });
  await assert.rejects(() => lockDirectory(file), { message: "it is not a directory" });
  await assert.rejects(() => openRecorderReader(directory.path), /no files of a recorder/);
  await using _opened = await reportingRecorder(directory.path);
  await openRecorderReader(directory.path);
});

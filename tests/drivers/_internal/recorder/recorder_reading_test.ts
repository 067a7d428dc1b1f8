import assert from "node:assert/strict";
import { openRecorderReader } from "../../../../drivers/_internal/recorder/reader.ts";
import { MEBIBYTE, numbered, readNumbers, reportingRecorder } from "../../../support/recorder.ts";
import { tempDir } from "../../../support/temp_dir.ts";

Deno.test("Recorder reads what it has got when a read begins, while more is written", async () => {
  await using directory = await tempDir();
  await using opened = await reportingRecorder(directory.path, { maxBytes: MEBIBYTE });
  const { recorder } = opened;
  let appended = 0;
  const write = async (count: number) => {
    for (const end = appended + count; appended < end; appended++) {
      recorder.append("D", numbered(appended));
    }
    await recorder.flush();
  };
  // By now each file has been written twice: the newest one has old blocks after the new ones.
  for (let round = 0; round < 400; round++) await write(25);
  for (let round = 0; round < 12; round++) {
    const end = appended;
    let next: number | undefined;
    for await (const part of recorder.read()) {
      assert(part.kind === "block");
      for (let block = 0; block < 2 && next === undefined; block++) await write(10);
      assert.equal(part.index, next ?? part.index);
      next = (part.index ?? NaN) + part.events;
    }
    assert.equal(next, end);
  }
});

Deno.test("openRecorderReader reads a recorder that reuses its files, and reports only these as removed", async () => {
  await using directory = await tempDir();
  await using opened = await reportingRecorder(directory.path, { maxBytes: 4 * MEBIBYTE });
  const { recorder } = opened;
  let next = 0;
  let isOver = false;
  const write = async () => {
    while (!isOver) {
      for (let left = 16; left > 0; left--) recorder.append("D", numbered(next++, 4_000));
      await recorder.flush();
    }
  };
  const writing = write();
  const reader = await openRecorderReader(directory.path, { sleep: () => recorder.flush() });
  const faults: unknown[] = [];
  for (let round = 0; round < 200; round++) {
    const read = await readNumbers(reader).catch((error) => [String(error)]);
    faults.push(...read.filter((each, at) => {
      if (typeof each === "string") return !/ removed$/.test(each);
      const before = read[at - 1];
      return typeof before === "number" && each !== before + 1;
    }));
  }
  isOver = true;
  await writing;
  assert.deepEqual(faults, []);
});

Deno.test("openRecorderReader reports a damaged end only if it is still there after a while", async () => {
  await using directory = await tempDir();
  {
    await using opened = await reportingRecorder(directory.path);
    for (const number of [1, 2, 3, 4]) {
      opened.recorder.append("D", numbered(number));
      await opened.recorder.flush();
    }
  }
  const path = directory.join("0000000001.dfrec");
  const whole = await Deno.readFile(path);
  // Each block has 320 bytes.
  const write = (blocks: number) => Deno.writeFile(path, whole.subarray(0, blocks * 320 - 100));
  await write(3);
  const killed = await openRecorderReader(directory.path, { sleep: () => Promise.resolve() });
  const damage = `220 bytes of "${path}" are damaged`;
  assert.deepEqual(await readNumbers(killed), [1, 2, damage]);
  const running = await openRecorderReader(directory.path, { sleep: () => write(4) });
  assert.deepEqual(await readNumbers(running), [1, 2, 3]);
});

Deno.test("openRecorderReader reports files that were removed between others, in both directions", async () => {
  await using directory = await tempDir();
  await using opened = await reportingRecorder(directory.path, { maxBytes: MEBIBYTE });
  const { recorder } = opened;
  // Each file holds three of these.
  for (let number = 1; number <= 18; number++) {
    recorder.append("D", numbered(number, 20_000));
    await recorder.flush();
  }
  const pathOf = (number: number) => directory.join(`000000000${number}.dfrec`);
  for (const number of [1, 3, 4]) await Deno.remove(pathOf(number));
  const loss = `2 files before "${pathOf(5)}" were removed`;
  const reader = await openRecorderReader(directory.path);
  const kept = [4, 5, 6, loss, 13, 14, 15, 16, 17, 18];
  assert.deepEqual(await readNumbers(reader), kept);
  assert.deepEqual(await readNumbers(recorder, { newestFirst: true }), kept.toReversed());
  const parts = await Array.fromAsync(recorder.read());
  const place = parts.find(({ kind }) => kind === "loss")?.place;
  const before = await readNumbers(recorder, { newestFirst: true, before: place });
  assert.deepEqual(
    before,
    [6, 5, 4],
    "a search that continues after the loss does not report it again",
  );
});

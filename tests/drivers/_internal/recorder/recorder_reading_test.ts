import assert from "node:assert/strict";
import { MEBIBYTE, numbered, reportingRecorder } from "../../../support/recorder.ts";
import { tempDir } from "../../../support/temp_dir.ts";

Deno.test("Recorder counts the frames of blocks that are written while others are read", async () => {
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
  // By now each file has been written twice: the last one has room for more blocks, unless it is full.
  for (let round = 0; round < 400; round++) await write(25);
  let found = 0;
  for (let round = 0; round < 12; round++) {
    const indexes: number[] = [];
    for await (const part of recorder.read()) {
      if (part.kind !== "block") continue;
      for (let block = 0; block < 2 && indexes.length === 0; block++) await write(10);
      assert(part.index !== undefined);
      indexes.push(part.index);
    }
    assert.deepEqual(indexes, indexes.toSorted((one, other) => one - other));
    if (indexes.at(-1) === appended - 10) found++;
  }
  assert(found > 0, "no block was written to a file that was still to be read");
});

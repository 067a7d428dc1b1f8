import assert from "node:assert/strict";
import { isJournal } from "../../../cli/terminal/process_io.ts";

Deno.test("isJournal is true only for the device and inode of the descriptor", async () => {
  const { dev, ino } = await Deno.stat("/proc/self/fd/2");
  assert(ino !== null);
  assert.equal(isJournal(2, `${dev}:${ino}`), true);
  for (const stream of [undefined, "", "x", `${dev}`, `${dev}:${ino + 1}`, `${dev + 1}:${ino}`]) {
    assert.equal(isJournal(2, stream), false, stream);
  }
});

import assert from "node:assert/strict";
import { hostFiles } from "../../drivers/host.ts";
import { tempDir } from "../support/temp_dir.ts";

Deno.test("hostFiles.readTextFile gives a file as it is, over the bounds of its chunks", async () => {
  await using directory = await tempDir();
  const path = `${directory.path}/file`;
  const text = `\ufeff${"ü€".repeat(40_000)}\n`;
  await Deno.writeTextFile(path, text);
  assert.equal(await hostFiles.readTextFile(path), text);
  const size = new TextEncoder().encode(text).length;
  assert.equal(await hostFiles.readTextFile(path, size), text);
  await assert.rejects(hostFiles.readTextFile(path, size - 1), RangeError);
});

Deno.test("hostFiles.readTextFile refuses what is no UTF-8", async () => {
  await using directory = await tempDir();
  const path = `${directory.path}/file`;
  for (const octets of [[0x61, 0xff], [0x61, 0xc3]]) {
    await Deno.writeFile(path, Uint8Array.from(octets));
    await assert.rejects(hostFiles.readTextFile(path), TypeError);
  }
});

Deno.test("hostFiles.readTextFile comes to an end, when the file has none", async () => {
  await assert.rejects(hostFiles.readTextFile("/dev/zero"), {
    message: /longer than 16777216 octets/,
  });
});

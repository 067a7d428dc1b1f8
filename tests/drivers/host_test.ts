import assert from "node:assert/strict";
import { hostFacts, hostFiles } from "../../drivers/host.ts";
import { tempDir } from "../support/temp_dir.ts";

Deno.test("hostFiles.readTextFile returns a file unchanged, when it is longer than a chunk", async () => {
  await using directory = await tempDir();
  const path = `${directory.path}/file`;
  const text = `\ufeff${"ü€".repeat(40_000)}\n`;
  await Deno.writeTextFile(path, text);
  assert.equal(await hostFiles.readTextFile(path), text);
  const size = new TextEncoder().encode(text).length;
  assert.equal(await hostFiles.readTextFile(path, size), text);
  await assert.rejects(hostFiles.readTextFile(path, size - 1), RangeError);
});

Deno.test("hostFiles.readTextFile refuses a file, when it is not UTF-8", async () => {
  await using directory = await tempDir();
  const path = `${directory.path}/file`;
  for (const bytes of [[0x61, 0xff], [0x61, 0xc3]]) {
    await Deno.writeFile(path, Uint8Array.from(bytes));
    await assert.rejects(hostFiles.readTextFile(path), TypeError);
  }
});

Deno.test("hostFiles.exists is true for a broken link, and false for a path below a file", async () => {
  await using directory = await tempDir();
  const path = `${directory.path}/link`;
  assert.equal(await hostFiles.exists(path), false);
  await Deno.symlink("/nowhere", path);
  assert.equal(await hostFiles.exists(path), true);
  assert.equal(await hostFiles.exists(`${path}/file`), false);
});

Deno.test("hostFiles.readTextFile fails in time, when the file is endless", async () => {
  await assert.rejects(hostFiles.readTextFile("/dev/zero"), {
    message: /longer than 16777216 bytes/,
  });
});

Deno.test("hostFacts has a home directory without a trailing slash, when HOME is / or not set", () => {
  const home = Deno.env.get("HOME");
  try {
    for (const [value, wanted] of [["/", ""], ["/home/x/", "/home/x"], [undefined, ""]] as const) {
      if (value === undefined) Deno.env.delete("HOME");
      else Deno.env.set("HOME", value);
      assert.equal(hostFacts().home, wanted);
    }
  } finally {
    if (home !== undefined) Deno.env.set("HOME", home);
  }
});

Deno.test("hostFiles.exists distinguishes existing paths from missing ones, even below a file", async () => {
  await using directory = await tempDir();
  const path = `${directory.path}/file`;
  assert.equal(await hostFiles.exists(path), false);
  await Deno.writeTextFile(path, "");
  assert.equal(await hostFiles.exists(path), true);
  assert.equal(await hostFiles.exists(`${path}/below`), false);
  assert.equal(await hostFiles.exists(directory.path), true);
});

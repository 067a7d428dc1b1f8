import assert from "node:assert/strict";
import {
  openEmbedded,
  openInTemporaryDirectory,
} from "../../../../drivers/_internal/zmq/libzmq_embedded.ts";
import { loadLibzmq } from "../../../../drivers/_internal/zmq/libzmq_library.ts";
import { tempDir } from "../../../support/temp_dir.ts";

const VERSION = {
  zmq_version: { parameters: ["buffer", "buffer", "buffer"], result: "void" },
} as const;

/** Runs with another $TMPDIR. */
async function withTemporaryDirectory(path: string, run: () => Promise<void> | void) {
  const before = Deno.env.get("TMPDIR");
  Deno.env.set("TMPDIR", path);
  try {
    await run();
  } finally {
    if (before === undefined) Deno.env.delete("TMPDIR");
    else Deno.env.set("TMPDIR", before);
  }
}

function majorOf(library: Deno.DynamicLibrary<typeof VERSION>): number | undefined {
  const [major, minor, patch] = [new Int32Array(1), new Int32Array(1), new Int32Array(1)];
  library.symbols.zmq_version(major, minor, patch);
  return major[0];
}

Deno.test("openEmbedded opens a library from its octets, with no directory to write to", async () => {
  const octets = await Deno.readFile(loadLibzmq().path);
  await withTemporaryDirectory("/nonexistent", () => {
    const library = openEmbedded(octets, VERSION);
    assert.equal(majorOf(library), 4);
    library.close();
  });
});

Deno.test("openEmbedded says why neither way worked, when the octets are no library", () => {
  const message = /^from memory: .*; from a file: .*/s;
  assert.throws(() => openEmbedded(new Uint8Array(64), VERSION), { message });
});

Deno.test("openInTemporaryDirectory leaves nothing behind", async () => {
  const octets = await Deno.readFile(loadLibzmq().path);
  await using directory = await tempDir();
  await withTemporaryDirectory(directory.path, async () => {
    const library = openInTemporaryDirectory(octets, VERSION);
    assert.equal(majorOf(library), 4);
    library.close();
    assert.deepEqual(await Array.fromAsync(Deno.readDir(directory.path)), []);
  });
});

Deno.test("openInTemporaryDirectory says what to set, when $TMPDIR is of no use", async () => {
  await withTemporaryDirectory("/nonexistent", () => {
    const message = /"\/nonexistent" is of no use .*: set TMPDIR to a directory /s;
    assert.throws(() => openInTemporaryDirectory(new Uint8Array(1), VERSION), { message });
  });
});

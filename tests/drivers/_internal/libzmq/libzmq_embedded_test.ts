import assert from "node:assert/strict";
import { openEmbedded } from "../../../../drivers/_internal/libzmq/libzmq_embedded.ts";
import { packagedLibrary } from "../../../../drivers/_internal/libzmq/libzmq_packaged.ts";

const VERSION = {
  zmq_version: { parameters: ["buffer", "buffer", "buffer"], result: "void" },
} as const;

Deno.test("openEmbedded opens a library from its bytes", async () => {
  const library = openEmbedded(await Deno.readFile(packagedLibrary() ?? ""), VERSION);
  const [major, minor, patch] = [new Int32Array(1), new Int32Array(1), new Int32Array(1)];
  library.symbols.zmq_version(major, minor, patch);
  assert.equal(major[0], 4);
  library.close();
});

Deno.test("openEmbedded fails with the loader's message, when the bytes are not a library", () => {
  assert.throws(
    () => openEmbedded(new Uint8Array(64), VERSION),
    /invalid ELF header|file too short/,
  );
});

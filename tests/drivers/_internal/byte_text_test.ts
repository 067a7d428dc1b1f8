import assert from "node:assert/strict";
import { byteText, textBytes, writeByteText } from "../../../drivers/_internal/byte_text.ts";

Deno.test("byteText has one character per byte, and textBytes is the reverse", () => {
  const all = Uint8Array.from({ length: 1_024 }, (_, index) => index);
  const text = byteText(all);
  assert.equal(text.length, all.length);
  assert.deepEqual(textBytes(text), all);
  assert.equal(byteText(new Uint8Array()), "");
});

Deno.test("writeByteText writes nothing but the text", () => {
  const bytes = new Uint8Array(4).fill(1);
  writeByteText(bytes, 1, "\xffD");
  assert.deepEqual([...bytes], [1, 0xff, 0x44, 1]);
});

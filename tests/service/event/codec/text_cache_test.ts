import assert from "node:assert/strict";
import { TextCache } from "../../../../service/event/codec/text_cache.ts";

const encoder = new TextEncoder();

/** The text of these bytes, which stand between other bytes. */
function read(cache: TextCache, bytes: Uint8Array): string {
  const around = new Uint8Array(bytes.length + 4).fill(0x61);
  around.set(bytes, 2);
  return cache.text(around, 2, bytes.length);
}

Deno.test("TextCache returns every text as it is, when texts share a slot or come again", () => {
  const cache = new TextCache();
  const texts = ["", "a", "b", "create", "delete", "deletf", "é", "x".repeat(64), "x".repeat(65)];
  for (const text of [...texts, ...texts, ...texts.toReversed()]) {
    assert.equal(read(cache, encoder.encode(text)), text);
  }
  for (let i = 0; i < 1000; i++) assert.equal(read(cache, encoder.encode(`t${i}`)), `t${i}`);
});

Deno.test("TextCache tells a text beyond ASCII from one whose characters are its bytes", () => {
  const cache = new TextCache();
  const bytes = encoder.encode("€€€€€€€ab");
  // The two have the same slot, and as many bytes as the other has characters.
  const alike = String.fromCharCode(...bytes);
  assert.equal(read(cache, encoder.encode(alike)), alike);
  assert.equal(read(cache, bytes), "€€€€€€€ab");
  assert.equal(read(cache, encoder.encode(alike)), alike);
});

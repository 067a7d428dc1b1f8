import assert from "node:assert/strict";
import { TopicCache, topicText } from "../../../drivers/_internal/topic_cache.ts";

const MORE_THAN_IT_HOLDS = 10_000;

function textOf(cache: TopicCache, bytes: readonly number[]): string | undefined {
  return cache.text(Uint8Array.from(bytes));
}

Deno.test("TopicCache converts text to bytes and back, with equal results on reuse", () => {
  const cache = new TopicCache();
  for (const topic of ["D", "größe", "主题", "🦆", "\uFEFFD", "a\0b", "x".repeat(256)]) {
    for (let time = 0; time < 2; time++) {
      const bytes = cache.bytes(topic);
      assert(bytes !== undefined);
      assert.deepEqual(bytes, new TextEncoder().encode(topic));
      assert.equal(cache.text(bytes), topic);
      assert.equal(new TopicCache().text(bytes), topic);
      assert.equal(topicText(bytes), topic);
    }
    assert.equal(cache.bytes(topic), cache.bytes(topic));
  }
});

Deno.test("TopicCache refuses a topic that is empty, too long or not valid Unicode", () => {
  const cache = new TopicCache();
  for (const topic of ["", "x".repeat(257), "é".repeat(129), "\uD800", "\uDC00\uD800"]) {
    assert.equal(cache.bytes(topic), undefined);
  }
  assert.equal(textOf(cache, []), undefined);
  assert.equal(textOf(cache, Array(257).fill(0x44)), undefined);
  assert.equal(topicText(Uint8Array.of()), undefined);
  assert.equal(topicText(new Uint8Array(257).fill(0x44)), undefined);
  for (const bytes of [[0xff], [0xc0, 0x80], [0xed, 0xa0, 0x80], [0xe4, 0xb8], [0x44, 0x80]]) {
    assert.equal(textOf(cache, bytes), undefined);
    assert.equal(textOf(cache, bytes), undefined);
    assert.equal(topicText(Uint8Array.from(bytes)), undefined);
  }
});

Deno.test("TopicCache reads only the given bytes, when a buffer is reused", () => {
  const cache = new TopicCache();
  const buffer = new TextEncoder().encode("Dxyz");
  assert.equal(cache.text(buffer, 0, 1), "D");
  assert.equal(cache.text(buffer, 0, 4), "Dxyz");
  buffer.set(new TextEncoder().encode("abcd"));
  assert.equal(cache.text(buffer, 0, 4), "abcd");
  assert.equal(cache.text(buffer, 0, 2), "ab");
  assert.equal(cache.text(buffer, 2, 4), "cd");
});

Deno.test("TopicCache returns correct results, when there are more topics than it holds", () => {
  const cache = new TopicCache();
  for (let number = 0; number < MORE_THAN_IT_HOLDS; number++) {
    const topic = `topic-${number % 6000}`;
    const bytes = new TextEncoder().encode(topic);
    assert.equal(cache.text(bytes), topic);
    assert.deepEqual(cache.bytes(topic), bytes);
  }
});

Deno.test("TopicCache distinguishes topics, when their hashes are equal", () => {
  // A well-known collision of the 32-bit FNV-1a.
  const cache = new TopicCache();
  for (const topic of ["costarring", "liquid", "costarring", "liquid"]) {
    const bytes = new TextEncoder().encode(topic);
    assert.equal(cache.text(bytes), topic);
    assert.deepEqual(cache.bytes(topic), bytes);
  }
});

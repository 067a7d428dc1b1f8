import assert from "node:assert/strict";
import { TopicCache } from "../../../drivers/_internal/topic_cache.ts";

const MORE_THAN_IT_HOLDS = 10_000;

function textOf(cache: TopicCache, octets: readonly number[]): string | undefined {
  return cache.text(Uint8Array.from(octets), octets.length);
}

Deno.test("TopicCache turns text to octets and back, the second time as the first", () => {
  const cache = new TopicCache();
  for (const topic of ["D", "größe", "主题", "🦆", "\uFEFFD", "a\0b", "x".repeat(256)]) {
    for (let time = 0; time < 2; time++) {
      const octets = cache.octets(topic);
      assert(octets !== undefined);
      assert.deepEqual(octets, new TextEncoder().encode(topic));
      assert.equal(cache.text(octets, octets.length), topic);
      assert.equal(new TopicCache().text(octets, octets.length), topic);
    }
    assert.equal(cache.octets(topic), cache.octets(topic));
  }
});

Deno.test("TopicCache knows no topic that is empty, too long or no Unicode", () => {
  const cache = new TopicCache();
  for (const topic of ["", "x".repeat(257), "é".repeat(129), "\uD800", "\uDC00\uD800"]) {
    assert.equal(cache.octets(topic), undefined);
  }
  assert.equal(textOf(cache, []), undefined);
  assert.equal(textOf(cache, Array(257).fill(0x44)), undefined);
  for (const octets of [[0xff], [0xc0, 0x80], [0xed, 0xa0, 0x80], [0xe4, 0xb8], [0x44, 0x80]]) {
    assert.equal(textOf(cache, octets), undefined);
    assert.equal(textOf(cache, octets), undefined);
  }
});

Deno.test("TopicCache looks at no more than the length, of a buffer that is used again", () => {
  const cache = new TopicCache();
  const buffer = new TextEncoder().encode("Dxyz");
  assert.equal(cache.text(buffer, 1), "D");
  assert.equal(cache.text(buffer, 4), "Dxyz");
  buffer.set(new TextEncoder().encode("abcd"));
  assert.equal(cache.text(buffer, 4), "abcd");
  assert.equal(cache.text(buffer, 2), "ab");
});

Deno.test("TopicCache stays right, when there are more topics than it holds", () => {
  const cache = new TopicCache();
  for (let number = 0; number < MORE_THAN_IT_HOLDS; number++) {
    const topic = `topic-${number % 6000}`;
    const octets = new TextEncoder().encode(topic);
    assert.equal(cache.text(octets, octets.length), topic);
    assert.deepEqual(cache.octets(topic), octets);
  }
});

Deno.test("TopicCache tells topics apart whose hashes are the same", () => {
  // A well-known pair of the 32-bit FNV-1a.
  const cache = new TopicCache();
  for (const topic of ["costarring", "liquid", "costarring", "liquid"]) {
    const octets = new TextEncoder().encode(topic);
    assert.equal(cache.text(octets, octets.length), topic);
    assert.deepEqual(cache.octets(topic), octets);
  }
});

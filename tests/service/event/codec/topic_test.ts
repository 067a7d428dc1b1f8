import assert from "node:assert/strict";
import { checkTopic, requireTopic } from "../../../../service/event/codec/topic.ts";
import { codeOf } from "./support.ts";

Deno.test("checkTopic and requireTopic accept 1 to 255 bytes of UTF-8", () => {
  for (const topic of ["D", "tenant-α", "端口", "\ufeffD", "é".repeat(127), "x".repeat(255)]) {
    assert.equal(codeOf(() => checkTopic(topic)), null);
    requireTopic(topic);
  }
});

Deno.test("checkTopic and requireTopic refuse a topic that is empty or longer than 255 bytes", () => {
  for (const topic of ["", "x".repeat(256), "é".repeat(128)]) {
    assert.equal(codeOf(() => checkTopic(topic)), "TOPIC_INVALID");
    assert.throws(() => requireTopic(topic), RangeError);
  }
});

Deno.test("checkTopic refuses, and does not shorten, a text that UTF-8 cannot encode", () => {
  assert.equal(codeOf(() => checkTopic("D\ud800")), "TOPIC_INVALID");
  assert.throws(() => requireTopic("D\ud800"), RangeError);
});

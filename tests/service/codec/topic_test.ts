import assert from "node:assert/strict";
import {
  checkFrames,
  checkTopic,
  checkTopicOctets,
  topicOctets,
  topicText,
} from "../../../service/codec/topic.ts";
import { codeOf, hex } from "./support.ts";

Deno.test("checkFrames refuses any count but two", () => {
  const frame = hex("44");
  assert.equal(codeOf(() => checkFrames([frame, frame])), null);
  for (const frames of [[], [frame], [frame, frame, frame]]) {
    assert.equal(codeOf(() => checkFrames(frames)), "FRAME_COUNT");
  }
});

Deno.test("topicText and topicOctets are each other's reverse", () => {
  for (const topic of ["D", "tenant-α", "端口", "\ufeffD", "é".repeat(127), "x".repeat(255)]) {
    assert.equal(topicText(topicOctets(topic)), topic);
  }
});

Deno.test("topics are refused, when empty or over 255 octets", () => {
  for (const topic of ["", "x".repeat(256), "é".repeat(128)]) {
    const octets = new TextEncoder().encode(topic);
    assert.equal(codeOf(() => topicOctets(topic)), "TOPIC_INVALID");
    assert.equal(codeOf(() => checkTopic(topic)), "TOPIC_INVALID");
    assert.equal(codeOf(() => topicText(octets)), "TOPIC_INVALID");
    assert.equal(codeOf(() => checkTopicOctets(octets)), "TOPIC_INVALID");
  }
});

Deno.test("topics are refused rather than shortened, when they are no UTF-8", () => {
  assert.equal(codeOf(() => topicText(hex("44 ff"))), "TOPIC_INVALID");
  assert.equal(codeOf(() => topicText(hex("ed a0 80"))), "TOPIC_INVALID");
  assert.equal(codeOf(() => topicOctets("D\ud800")), "TOPIC_INVALID");
});

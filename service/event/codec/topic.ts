import { MAX_TOPIC_BYTES } from "./event_fields.ts";
import { utf8Length } from "../../../drivers/contract/utf8.ts";
import { excerpt, WireError } from "./wire_error.ts";

/**
 * UTF-8 needs at most 3 bytes per character, so a topic of this many characters is short enough.
 */
const SURELY_SHORT = 85;

/**
 * Checks that a text can be the topic of events.
 *
 * @throws {WireError} `TOPIC_INVALID`
 */
export function checkTopic(topic: string): void {
  if (!topic.isWellFormed()) {
    throw invalid(`${excerpt(topic)} has half a surrogate pair`, "whole pairs");
  }
  if (topic.length >= 1 && topic.length <= SURELY_SHORT) return;
  const bytes = utf8Length(topic);
  if (bytes >= 1 && bytes <= MAX_TOPIC_BYTES) return;
  throw invalid(`${bytes} bytes`, `1 to ${MAX_TOPIC_BYTES}`);
}

function invalid(is: string, wanted: string): WireError {
  return new WireError("TOPIC_INVALID", `Event "topic": ${is}, wanted ${wanted}`);
}

/**
 * Checks that a text can be subscribed to as the topic of events.
 *
 * @throws {RangeError}
 */
export function requireTopic(topic: string): void {
  try {
    checkTopic(topic);
  } catch (cause) {
    const wanted = `1 to ${MAX_TOPIC_BYTES} bytes of UTF-8`;
    throw new RangeError(`Topic "${topic}": wanted ${wanted}`, { cause });
  }
}

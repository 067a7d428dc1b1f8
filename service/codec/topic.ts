import { MAX_TOPIC_OCTETS } from "./event_fields.ts";
import { utf8Length } from "./utf8.ts";
import { excerpt, WireError } from "./wire_error.ts";

/**
 * Makes sure that a text can be a topic.
 *
 * @throws {WireError} `TOPIC_INVALID`
 */
export function checkTopic(topic: string): void {
  if (!topic.isWellFormed()) {
    throw invalid(`${excerpt(topic)} has half a surrogate pair`, "text that UTF-8 can carry");
  }
  const octets = utf8Length(topic);
  if (octets >= 1 && octets <= MAX_TOPIC_OCTETS) return;
  throw invalid(`${octets} octets`, `1 to ${MAX_TOPIC_OCTETS}`);
}

function invalid(is: string, wanted: string): WireError {
  return new WireError("TOPIC_INVALID", `Frame "topic": ${is}, wanted ${wanted}`);
}

/**
 * Makes sure that a text may be subscribed to as the topic of events. Drivers take an octet more:
 * their topics are private ones, too.
 *
 * @throws {RangeError}
 */
export function requireTopic(topic: string): void {
  const octets = utf8Length(topic);
  if (octets >= 1 && octets <= MAX_TOPIC_OCTETS) return;
  throw new RangeError(`Topic "${topic}": wanted 1 to ${MAX_TOPIC_OCTETS} octets of UTF-8`);
}

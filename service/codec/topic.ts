import { MAX_TOPIC_OCTETS } from "./event_fields.ts";
import { utf8FaultAt, utf8Length, utf8Text } from "./utf8.ts";
import { excerpt, WireError } from "./wire_error.ts";

const encoder = new TextEncoder();

/**
 * Makes sure that a message is the two frames of the protocol, `[topic, payload]`.
 *
 * @throws {WireError} `FRAME_COUNT`
 */
export function checkFrames(
  frames: readonly Uint8Array[],
): asserts frames is readonly [topic: Uint8Array, payload: Uint8Array] {
  if (frames.length === 2) return;
  const message = `Message "frames": ${frames.length}, wanted 2, a topic and a payload`;
  throw new WireError("FRAME_COUNT", message);
}

/**
 * Makes sure that a frame is a topic, 1 to 255 octets of UTF-8, without making a string of it.
 *
 * @throws {WireError} `TOPIC_INVALID`
 */
export function checkTopicOctets(octets: Uint8Array): void {
  checkTopicLength(octets.length);
  const fault = utf8FaultAt(octets, 0, octets.length);
  if (fault >= 0) throw invalid(`octet ${fault} is no UTF-8`, "UTF-8 throughout");
}

/**
 * The topic that a frame holds.
 *
 * @throws {WireError} `TOPIC_INVALID`
 */
export function topicText(octets: Uint8Array): string {
  checkTopicOctets(octets);
  return utf8Text(octets, 0, octets.length);
}

/**
 * Makes sure that a text can be a topic.
 *
 * @throws {WireError} `TOPIC_INVALID`
 */
export function checkTopic(topic: string): void {
  if (!topic.isWellFormed()) {
    throw invalid(`${excerpt(topic)} has half a surrogate pair`, "text that UTF-8 can carry");
  }
  checkTopicLength(utf8Length(topic));
}

/**
 * A topic as it goes into a frame. No character is ever dropped: a topic that UTF-8 cannot carry is
 * refused, since the empty topic that dropping could leave matches everything.
 *
 * @throws {WireError} `TOPIC_INVALID`
 */
export function topicOctets(topic: string): Uint8Array {
  checkTopic(topic);
  return encoder.encode(topic);
}

function checkTopicLength(octets: number): void {
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

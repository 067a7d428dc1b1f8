import { base64, type KeyRange, textOf } from "../keys.ts";

const PREFIX = "/pubsub/";

/** The keys of all topics. */
export const ALL_TOPICS: KeyRange = { key: base64(PREFIX), range_end: base64("/pubsub0") };

/** The key that every event of a topic is put on, as the original does. */
export function topicKey(topic: string): string {
  return base64(PREFIX + topic);
}

/** The topic of a key; undefined if it is not UTF-8. */
export function topicOfKey(key: string): string | undefined {
  return textOf(key)?.slice(PREFIX.length);
}

import type { Received } from "../subscriber.ts";

/**
 * What is not about a topic that is heard no more, as what arrived before that may still be on its
 * way here: numbers of it would begin to be followed again, with nobody to go on. What has no number
 * begins nothing, and stays.
 */
export function stillHeard(
  received: readonly Received[],
  topics: ReadonlySet<string>,
): readonly Received[] {
  const isHeard = (item: Received) => {
    const topic = "hello" in item ? item.hello.topic : item.update.origin?.topic;
    return topic === undefined || topics.has(topic);
  };
  return received.every(isHeard) ? received : received.filter(isHeard);
}

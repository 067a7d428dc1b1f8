/**
 * Why the first events of a topic that begins now are lost: the application may expect them as soon
 * as it has subscribed.
 */
export const LATE_TOPIC = {
  unconnected: "the topic was subscribed to while there was no connection",
  cut: "the connection was lost before the topic was live",
} as const;

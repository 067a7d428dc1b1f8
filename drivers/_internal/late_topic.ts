/**
 * Reasons for a gap at the beginning of a topic: the application may expect events as soon as it has
 * subscribed.
 */
export const LATE_TOPIC = {
  unconnected: "the topic was subscribed to while there was no connection",
  cut: "the connection was lost before the topic was live",
} as const;

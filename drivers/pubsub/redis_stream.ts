import type { DriverContext, PubSubDriver } from "../contract/pubsub.ts";
import { redisStreamMaxAge, redisStreamMaxLength } from "../_internal/redis/pubsub/options.ts";
import { RedisPublisher } from "../_internal/redis/pubsub/publisher.ts";
import { StreamAppliedTracker } from "../_internal/redis/stream/applied_tracker.ts";
import { RedisStreamSubscriber } from "../_internal/redis/stream/subscriber.ts";
import { streamWire } from "../_internal/redis/stream/topic.ts";

/**
 * Redis streams: a bus that keeps events. Each topic is a stream with a limited number and age of
 * events; a subscriber that was disconnected resumes at its position.
 *
 * Delivery is at least once and in order per topic, as long as the server keeps confirmed events.
 * If another server takes over, or events were trimmed, the topic has a `gap`.
 */
export function createRedisStreamDriver(context: DriverContext): PubSubDriver {
  const { settings } = context;
  const bounds = {
    maxLength: settings.get(redisStreamMaxLength),
    maxAgeMs: 1000 * settings.get(redisStreamMaxAge),
  };
  return {
    name: "redis_stream_pubsub_driver",
    traits: {
      reach: "network",
      listensToAddresses: false,
      fanOut: "all",
      delivery: "keeps",
      begins: ["start", "time", "last", "position"],
      liveProof: "confirmed",
      confirms: true,
    },
    openPublisher: async () => {
      const publisher = await RedisPublisher.open(context, streamWire(bounds));
      publisher.applied = new StreamAppliedTracker(publisher.redis);
      return publisher;
    },
    openSubscriber: () => RedisStreamSubscriber.open(context),
  };
}

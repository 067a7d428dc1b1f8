import type { DriverContext, PubSubDriver } from "../contract/pubsub.ts";
import { redisStreamMaxAge, redisStreamMaxLength } from "../_internal/redis/pubsub/options.ts";
import { RedisPublisher } from "../_internal/redis/pubsub/publisher.ts";
import { StreamAppliedTracker } from "../_internal/redis/stream/applied_tracker.ts";
import { RedisStreamSubscriber } from "../_internal/redis/stream/subscriber.ts";
import { streamWire } from "../_internal/redis/stream/topic.ts";

export { redisPubSubOptions } from "../_internal/redis/pubsub/options.ts";

/**
 * Redis streams: a bus that remembers. Each topic is a stream of bounded count and age; a subscriber
 * that was away goes on where it stood.
 *
 * At least once and in order per topic, as far as the server keeps what it has confirmed: when
 * another server takes over, or history was cut off, the topic has a `gap`.
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

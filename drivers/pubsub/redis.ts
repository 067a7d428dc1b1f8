import type { DriverContext, PubSubDriver } from "../contract/pubsub.ts";
import { redisSharded } from "../_internal/redis/pubsub/options.ts";
import { RedisPublisher } from "../_internal/redis/pubsub/publisher.ts";
import { RedisSubscriber } from "../_internal/redis/pubsub/subscriber.ts";
import { channelWire } from "../_internal/redis/pubsub/wire.ts";

/**
 * Redis channels: a topic is a channel, and an event is a message on it, as in the original. On one
 * server, on the master that sentinels report, or on a cluster.
 *
 * Nothing is kept: an event reaches only the current subscribers. A disconnected or slow subscriber
 * loses events and gets one notice each time.
 */
export function createRedisDriver(context: DriverContext): PubSubDriver {
  const isSharded = context.settings.get(redisSharded);
  return {
    name: "redis_db_pubsub_driver",
    traits: {
      reach: "network",
      listensToAddresses: false,
      fanOut: "all",
      delivery: "drops-when-slow",
      begins: [],
      liveProof: "confirmed",
      confirms: true,
    },
    openPublisher: () => RedisPublisher.open(context, channelWire({ isSharded })),
    openSubscriber: () => RedisSubscriber.open(context, { isSharded }),
  };
}

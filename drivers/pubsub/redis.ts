import type { DriverContext, PubSubDriver } from "../contract/pubsub.ts";
import { redisSharded } from "../_internal/redis/pubsub/options.ts";
import { RedisPublisher } from "../_internal/redis/pubsub/publisher.ts";
import { RedisSubscriber } from "../_internal/redis/pubsub/subscriber.ts";
import { channelWire } from "../_internal/redis/pubsub/wire.ts";

export { redisPubSubOptions } from "../_internal/redis/pubsub/options.ts";

/**
 * Redis channels: a topic is a channel, an event a message on it, as the original's. On one server,
 * on the master that sentinels name, or on a cluster.
 *
 * Fast and forgetful: an event reaches the subscribers of that moment. A subscriber that is away or
 * too slow loses events and is told so once each time.
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
      liveProof: "confirmed",
      confirms: true,
    },
    openPublisher: () => RedisPublisher.open(context, channelWire({ isSharded })),
    openSubscriber: () => RedisSubscriber.open(context, { isSharded }),
  };
}

import { boolOption, intOption, type OptionDef } from "../../../contract/option.ts";
import { redisOptions } from "../options.ts";

const group = "df_redis";

/** Whether channels are sharded, instead of ordinary ones like the original's. */
export const redisSharded: OptionDef<boolean> = boolOption({
  group,
  name: "sharded",
  default: "false",
  help: "Whether topics are sharded channels (Redis 7), which a cluster carries on one shard " +
    "instead of all. Publishers and subscribers must agree, and the original does not support them",
});

/** The limit of unconfirmed events. */
export const redisPublishWindow: OptionDef<number> = intOption({
  group,
  name: "publish_window",
  min: 1,
  max: 1_000_000,
  default: "10000",
  unit: "events",
  help: "Maximum number of unconfirmed events; further publishes wait",
});

/** The limit of the receive queue, in events. */
export const redisReceiveQueue: OptionDef<number> = intOption({
  group,
  name: "receive_queue",
  min: 1,
  max: 10_000_000,
  default: "100000",
  unit: "events",
  help:
    "Maximum number of received events queued for a slow reader; further events are dropped and counted. " +
    "From half of it on, the driver stops reading channels, so that events wait at the server",
});

/** The limit of the receive queue, in bytes. */
export const redisReceiveQueueBytes: OptionDef<number> = intOption({
  group,
  name: "receive_queue_bytes",
  min: 1024,
  max: 16 * 1024 ** 3,
  default: String(256 * 1024 ** 2),
  unit: "bytes",
  help: "Maximum size of received events queued for a slow reader",
});

/** The limit of a stream's history, in events. */
export const redisStreamMaxLength: OptionDef<number> = intOption({
  group,
  name: "stream_max_length",
  min: 1000,
  max: 1_000_000_000,
  default: "100000",
  unit: "events",
  help: "Approximate maximum number of events that the stream of a topic keeps",
});

/** The limit of a stream's history, by age. */
export const redisStreamMaxAge: OptionDef<number> = intOption({
  group,
  name: "stream_max_age",
  min: 0,
  max: 365 * 24 * 3600,
  default: "86400",
  unit: "seconds",
  help: "Maximum age of events that a stream keeps, applied when events are added; 0 is no limit",
});

/** The options of both Redis pub/sub drivers. */
export const redisPubSubOptions: readonly OptionDef[] = [
  ...redisOptions,
  redisSharded,
  redisPublishWindow,
  redisReceiveQueue,
  redisReceiveQueueBytes,
  redisStreamMaxLength,
  redisStreamMaxAge,
];

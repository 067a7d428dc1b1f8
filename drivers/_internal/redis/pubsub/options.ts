import { boolOption, intOption, type OptionDef } from "../../../contract/option.ts";
import { redisOptions } from "../options.ts";

const group = "df_redis";

/** Ordinary channels, as the original's, or those of one shard. */
export const redisSharded: OptionDef<boolean> = boolOption({
  group,
  name: "sharded",
  default: "false",
  help: "Whether topics are sharded channels (Redis 7), which a cluster carries on one shard " +
    "instead of on all; publishers and subscribers must agree, and the original knows none",
});

/** The bound of what the server has not confirmed. */
export const redisPublishWindow: OptionDef<number> = intOption({
  group,
  name: "publish_window",
  min: 1,
  max: 1_000_000,
  default: "10000",
  unit: "events",
  help: "How many published events may wait for the server's confirmation before publishers wait",
});

/** The bound of what the reader has not taken. */
export const redisReceiveQueue: OptionDef<number> = intOption({
  group,
  name: "receive_queue",
  min: 1,
  max: 10_000_000,
  default: "100000",
  unit: "events",
  help:
    "How many received events may wait for a slow reader before more are dropped and counted; " +
    "from half of it on, what channels bring is left to wait at the server",
});

/** The same in bytes, since events differ in size. */
export const redisReceiveQueueBytes: OptionDef<number> = intOption({
  group,
  name: "receive_queue_bytes",
  min: 1024,
  max: 16 * 1024 ** 3,
  default: String(256 * 1024 ** 2),
  unit: "bytes",
  help: "How many bytes of received events may wait for a slow reader",
});

/** How much history a stream has, by count. */
export const redisStreamMaxLength: OptionDef<number> = intOption({
  group,
  name: "stream_max_length",
  min: 1000,
  max: 1_000_000_000,
  default: "100000",
  unit: "events",
  help: "How many events of a topic its stream keeps, or a few more",
});

/** How much history a stream has, by age. */
export const redisStreamMaxAge: OptionDef<number> = intOption({
  group,
  name: "stream_max_age",
  min: 0,
  max: 365 * 24 * 3600,
  default: "86400",
  unit: "seconds",
  help: "How old the events that a stream keeps may be, judged when events are added; 0 is any age",
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

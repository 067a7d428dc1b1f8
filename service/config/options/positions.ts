import { floatOption, intOption, type OptionDef } from "../../../drivers/contract/option.ts";

/** `[df] pub_sub_hello_interval`, in seconds. */
export const pubSubHelloInterval: OptionDef<number> = floatOption({
  group: "df",
  name: "pub_sub_hello_interval",
  min: 0,
  max: 3600,
  default: "1",
  unit: "seconds",
  help: "How often a publisher says where each topic stands, so that losses show; 0 never does",
});

/** `[df] pub_sub_replay_events`, per topic. */
export const pubSubReplayEvents: OptionDef<number> = intOption({
  group: "df",
  name: "pub_sub_replay_events",
  min: 0,
  max: 10_000_000,
  default: "10000",
  unit: "events",
  help: "Most events of a topic the publisher service keeps for those who missed them; 0 is none",
});

/** `[df] pub_sub_replay_bytes`, per topic. */
export const pubSubReplayBytes: OptionDef<number> = intOption({
  group: "df",
  name: "pub_sub_replay_bytes",
  min: 0,
  max: 1024 * 1024 * 1024,
  default: String(4 * 1024 * 1024),
  unit: "bytes",
  help: "Most bytes of a topic's events the publisher service keeps for those who missed them",
});

/** `[df] pub_sub_replay_total_bytes`, of all topics. */
export const pubSubReplayTotalBytes: OptionDef<number> = intOption({
  group: "df",
  name: "pub_sub_replay_total_bytes",
  min: 0,
  max: 1024 * 1024 * 1024,
  default: String(64 * 1024 * 1024),
  unit: "bytes",
  help: "Most bytes of all topics' events kept; the topics used longest ago make room",
});

/** The options of positions, hellos and replay on the publishers' side. */
export const positionOptions: readonly OptionDef[] = [
  pubSubHelloInterval,
  pubSubReplayEvents,
  pubSubReplayBytes,
  pubSubReplayTotalBytes,
];

import { floatOption, intOption, type OptionDef } from "../../../drivers/contract/option.ts";

/** `[df] pub_sub_replay_timeout`, in seconds. */
export const pubSubReplayTimeout: OptionDef<number> = floatOption({
  group: "df",
  name: "pub_sub_replay_timeout",
  min: 0.01,
  max: 60,
  default: "2",
  unit: "seconds",
  help: "Longest a subscriber waits for missed events it asked a publisher for; it asks twice",
});

/** `[df] pub_sub_hold_events`, in events. */
export const pubSubHoldEvents: OptionDef<number> = intOption({
  group: "df",
  name: "pub_sub_hold_events",
  min: 1,
  max: 10_000_000,
  default: "50000",
  unit: "events",
  help: "Most events a subscriber holds back while those missed before them are asked for",
});

/** `[df] pub_sub_hold_bytes`. */
export const pubSubHoldBytes: OptionDef<number> = intOption({
  group: "df",
  name: "pub_sub_hold_bytes",
  min: 1024,
  max: 4_294_967_296,
  default: String(64 * 1024 * 1024),
  unit: "bytes",
  help: "Most octets of events that a subscriber holds back",
});

/** `[df] pub_sub_sync_jitter`, in seconds. */
export const pubSubSyncJitter: OptionDef<number> = floatOption({
  group: "df",
  name: "pub_sub_sync_jitter",
  min: 0,
  max: 3600,
  default: "1",
  unit: "seconds",
  help: "A sync for lost events waits for a random part of this, so that nodes do not read at once",
});

/** `[df] pub_sub_sync_interval`, in seconds. */
export const pubSubSyncInterval: OptionDef<number> = floatOption({
  group: "df",
  name: "pub_sub_sync_interval",
  min: 0,
  max: 86_400,
  default: "5",
  unit: "seconds",
  help: "Least time between two syncs of a topic for lost events; losses until then share one",
});

/** The options of what a subscriber does about missed events. */
export const gapOptions: readonly OptionDef[] = [
  pubSubReplayTimeout,
  pubSubHoldEvents,
  pubSubHoldBytes,
  pubSubSyncJitter,
  pubSubSyncInterval,
];

import { floatOption, type OptionDef } from "../../../drivers/contract/option.ts";

/** `[df] pub_sub_sync_jitter`, in seconds. */
export const pubSubSyncJitter: OptionDef<number> = floatOption({
  group: "df",
  name: "pub_sub_sync_jitter",
  min: 0,
  max: 3600,
  default: "1",
  unit: "seconds",
  help:
    "Maximum random delay of a sync for lost events, which keeps nodes from reading the database all at once",
});

/** `[df] pub_sub_sync_interval`, in seconds. */
export const pubSubSyncInterval: OptionDef<number> = floatOption({
  group: "df",
  name: "pub_sub_sync_interval",
  min: 0,
  max: 86_400,
  default: "5",
  unit: "seconds",
  help:
    "Minimum time between two syncs of a topic for lost events; losses in between share one sync",
});

/** Options for syncs after lost events. */
export const gapOptions: readonly OptionDef[] = [
  pubSubSyncJitter,
  pubSubSyncInterval,
];

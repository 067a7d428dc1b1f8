import { floatOption, type OptionDef } from "../../../drivers/contract/option.ts";

/** `[df] pub_sub_native_sync_interval`, in seconds. */
export const pubSubNativeSyncInterval: OptionDef<number> = floatOption({
  group: "df",
  name: "pub_sub_native_sync_interval",
  min: 0,
  max: 86_400,
  default: "10",
  unit: "seconds",
  help: "Least time between two sync events for nodes of the original that were too slow for a " +
    "topic's events; 0 never sends one",
});

/** The options of healing nodes of the original. */
export const nativeSyncOptions: readonly OptionDef[] = [pubSubNativeSyncInterval];

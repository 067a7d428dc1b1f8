import { intOption, type OptionDef } from "../../../contract/option.ts";
import { etcdOptions } from "../options.ts";

/** From how many events on a topic's events share a put. */
export const etcdBurst: OptionDef<number> = intOption({
  group: "df_etcd",
  name: "burst",
  min: 0,
  max: 10_000,
  default: "16",
  unit: "events",
  help:
    "Number of events of one topic that have to be queued for them to share puts, up to 128 in each; " +
    "a node of Dragonflow reads such a put as a sync. 0 means that each event has its own put",
});

/** The options of the etcd pub/sub driver. */
export const etcdPubSubOptions: readonly OptionDef[] = [...etcdOptions, etcdBurst];

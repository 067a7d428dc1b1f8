import {
  boolOption,
  boolOrAutoOption,
  choiceOption,
  floatOption,
  intOption,
  type OptionDef,
  stringOption,
} from "../../../drivers/contract/option.ts";

/** `[df] enable_df_pub_sub`. */
export const enableDfPubSub: OptionDef<boolean> = boolOption({
  group: "df",
  name: "enable_df_pub_sub",
  default: "False",
  help: "Whether changes made through NbApi are published and followed at all",
});

/** `[df] pub_sub_driver`. */
export const pubSubDriver: OptionDef<string> = stringOption({
  group: "df",
  name: "pub_sub_driver",
  default: "zmq_pubsub_driver",
  help: "Driver that carries events between hosts, by name or by the original's class path",
});

/** `[df] pub_sub_multiproc_driver`. */
export const pubSubMultiprocDriver: OptionDef<string> = stringOption({
  group: "df",
  name: "pub_sub_multiproc_driver",
  default: "zmq_pubsub_multiproc_driver",
  help: "Driver that carries events from the processes of a host to its publisher service",
});

/** `[df] pub_sub_use_multiproc`. */
export const pubSubUseMultiproc: OptionDef<boolean | "auto"> = boolOrAutoOption({
  group: "df",
  name: "pub_sub_use_multiproc",
  default: "auto",
  help: "Whether processes publish through the publisher service of their host; auto means yes, " +
    "unless pub_sub_driver is a broker and no service listens: then they publish to the broker",
});

/** `[df] pub_sub_wire_format`. */
export const pubSubWireFormat: OptionDef<"map" | "json"> = choiceOption({
  group: "df",
  name: "pub_sub_wire_format",
  choices: ["map", "json"],
  default: "map",
  help: "Encoding of sent events: map for Dragonflow from 2.0, json for older; both are read",
});

/** `[df] pub_sub_read_missing_values`. */
export const pubSubReadMissingValues: OptionDef<boolean> = boolOption({
  group: "df",
  name: "pub_sub_read_missing_values",
  default: "True",
  help:
    "Whether the publisher service reads the row of a create or set event that comes without a " +
    "value, as workers of Dragonflow before 3.0 send it; only for the wire format map",
});

/** `[df] enable_selective_topology_distribution`. */
export const enableSelectiveTopologyDistribution: OptionDef<boolean> = boolOption({
  group: "df",
  name: "enable_selective_topology_distribution",
  default: "False",
  help: "Whether events go out under their project's topic, so that a node gets only what it needs",
});

/** `[df] pub_sub_change_queue_size`, in events. */
export const pubSubChangeQueueSize: OptionDef<number> = intOption({
  group: "df",
  name: "pub_sub_change_queue_size",
  min: 1,
  max: 10_000_000,
  default: "100000",
  unit: "events",
  help: "Most changes NbApi keeps for an application that is slow to handle them",
});

/** `[df] pub_sub_send_timeout`, in seconds. */
export const pubSubSendTimeout: OptionDef<number> = floatOption({
  group: "df",
  name: "pub_sub_send_timeout",
  reloadable: true,
  min: 0,
  max: 86_400,
  default: "5",
  unit: "seconds",
  help: "Longest a publish waits for the transport to take the event",
});

/** `[df] drain_timeout`, in seconds. */
export const drainTimeout: OptionDef<number> = floatOption({
  group: "df",
  name: "drain_timeout",
  reloadable: true,
  min: 0,
  max: 86_400,
  default: "5",
  unit: "seconds",
  help: "Longest a stopping publisher service waits for the events it has accepted to leave",
});

/** The options of sending and receiving events. */
export const pubSubOptions: readonly OptionDef[] = [
  enableDfPubSub,
  pubSubDriver,
  pubSubMultiprocDriver,
  pubSubUseMultiproc,
  pubSubWireFormat,
  pubSubReadMissingValues,
  enableSelectiveTopologyDistribution,
  pubSubChangeQueueSize,
  pubSubSendTimeout,
  drainTimeout,
];

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
  help: "Whether NbApi publishes changes and follows the changes of others",
});

/** `[df] pub_sub_driver`. */
export const pubSubDriver: OptionDef<string> = stringOption({
  group: "df",
  name: "pub_sub_driver",
  default: "zmq_pubsub_driver",
  help: "Driver that carries events between hosts, by its name or its class path in the original",
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
  help:
    "Whether processes publish through the publisher service of their host. With auto they do, " +
    "unless pub_sub_driver is a broker; then they publish to the broker",
});

/** `[df] pub_sub_wire_format`. */
export const pubSubWireFormat: OptionDef<"map" | "json"> = choiceOption({
  group: "df",
  name: "pub_sub_wire_format",
  choices: ["map", "json"],
  default: "map",
  help:
    "Encoding of sent events: map for Dragonflow from 2.0, json for older releases. Both are read",
});

/** `[df] pub_sub_read_missing_values`. */
export const pubSubReadMissingValues: OptionDef<boolean> = boolOption({
  group: "df",
  name: "pub_sub_read_missing_values",
  default: "True",
  help: "Whether the publisher service reads the row for a create or set event without a " +
    "value, which processes of Dragonflow before 3.0 send; only for the wire format map",
});

/** `[df] enable_selective_topology_distribution`. */
export const enableSelectiveTopologyDistribution: OptionDef<boolean> = boolOption({
  group: "df",
  name: "enable_selective_topology_distribution",
  default: "False",
  help:
    "Whether events are published under the topic of their project, so that a node receives only the events of its projects",
});

/** `[df] pub_sub_change_queue_size`, in events. */
export const pubSubChangeQueueSize: OptionDef<number> = intOption({
  group: "df",
  name: "pub_sub_change_queue_size",
  min: 1,
  max: 10_000_000,
  default: "100000",
  unit: "events",
  help: "Maximum number of changes that NbApi queues for an application",
});

/** `[df] pub_sub_change_queue_bytes`. */
export const pubSubChangeQueueBytes: OptionDef<number> = intOption({
  group: "df",
  name: "pub_sub_change_queue_bytes",
  min: 1024,
  max: 16 * 1024 ** 3,
  default: String(256 * 1024 ** 2),
  unit: "bytes",
  help: "Maximum size of the values of the changes that NbApi queues for an application",
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
  help: "Maximum time that a publish waits for the transport to accept the event",
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
  help: "Maximum time that a stopping publisher service waits until accepted events are sent",
});

/** Options for sending and receiving events. */
export const pubSubOptions: readonly OptionDef[] = [
  enableDfPubSub,
  pubSubDriver,
  pubSubMultiprocDriver,
  pubSubUseMultiproc,
  pubSubWireFormat,
  pubSubReadMissingValues,
  enableSelectiveTopologyDistribution,
  pubSubChangeQueueSize,
  pubSubChangeQueueBytes,
  pubSubSendTimeout,
  drainTimeout,
];

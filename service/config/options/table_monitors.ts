import {
  boolOption,
  floatOption,
  listOption,
  type OptionDef,
} from "../../../drivers/contract/option.ts";

/** `[df] monitor_table_poll_time`, in seconds. */
export const monitorTablePollTime: OptionDef<number> = floatOption({
  group: "df",
  name: "monitor_table_poll_time",
  reloadable: true,
  min: 0.05,
  max: 86_400,
  default: "30",
  unit: "seconds",
  help:
    "Time between two polls of each monitored table. A database that reports changes of tables, " +
    "as etcd does, is polled only while it does not",
});

/** `[df] monitor_tables`. */
export const monitorTables: OptionDef<readonly string[]> = listOption({
  group: "df",
  name: "monitor_tables",
  reloadable: true,
  default: "chassis,publisher",
  help: "Tables that the publisher service watches or polls; it publishes their changes",
});

/** `[df] table_monitor_announce_existing`. */
export const tableMonitorAnnounceExisting: OptionDef<boolean> = boolOption({
  group: "df",
  name: "table_monitor_announce_existing",
  reloadable: true,
  default: "True",
  help: "Whether the first read of a monitored table publishes a create event for every row",
});

/** Options of the table monitors. */
export const tableMonitorOptions: readonly OptionDef[] = [
  monitorTablePollTime,
  monitorTables,
  tableMonitorAnnounceExisting,
];

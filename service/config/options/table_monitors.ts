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
  help: "Time between two looks at each monitored table",
});

/** `[df] monitor_tables`. */
export const monitorTables: OptionDef<readonly string[]> = listOption({
  group: "df",
  name: "monitor_tables",
  reloadable: true,
  default: "chassis,publisher",
  help: "Tables whose changes the publisher service finds by polling and publishes",
});

/** `[df] table_monitor_announce_existing`. */
export const tableMonitorAnnounceExisting: OptionDef<boolean> = boolOption({
  group: "df",
  name: "table_monitor_announce_existing",
  reloadable: true,
  default: "True",
  help: "Whether the first look at a monitored table publishes every row it finds as created",
});

/** The options of the table monitors. */
export const tableMonitorOptions: readonly OptionDef[] = [
  monitorTablePollTime,
  monitorTables,
  tableMonitorAnnounceExisting,
];

import { floatOption, type OptionDef, patternOption } from "../../contract/option.ts";

/** The path of the database. */
export const sqlitePath: OptionDef<string> = patternOption({
  group: "df",
  name: "sqlite_path",
  isPath: true,
  pattern: /\S/,
  wanted: "the path of a file",
  default: ({ isRoot, home }) =>
    `${isRoot ? "/var/lib" : `${home}/.local/state`}/df-pubsub/northbound.sqlite3`,
  defaultHelp: "/var/lib/df-pubsub/northbound.sqlite3 for root, " +
    "~/.local/state/df-pubsub/northbound.sqlite3 for a user",
  help:
    "Path of the embedded database. The service creates the file and its directory if they are " +
    "missing; commands that only read do not",
});

/** Maximum time to wait for a lock, in seconds. */
export const sqliteBusyTimeout: OptionDef<number> = floatOption({
  group: "df",
  name: "sqlite_busy_timeout",
  reloadable: true,
  default: "5",
  unit: "seconds",
  min: 0,
  max: 3600,
  help:
    "Maximum time that an operation waits while another process writes to the embedded database",
});

/** The options of the SQLite driver. */
export const sqliteOptions: readonly OptionDef[] = [sqlitePath, sqliteBusyTimeout];

import { floatOption, type OptionDef, patternOption } from "../../contract/option.ts";

/** Where the database lies. */
export const sqlitePath: OptionDef<string> = patternOption({
  group: "df",
  name: "sqlite_path",
  pattern: /\S/,
  wanted: "the path of a file",
  default: ({ isRoot, home }) =>
    `${isRoot ? "/var/lib" : `${home}/.local/state`}/df-pubsub/northbound.sqlite3`,
  defaultHelp: "/var/lib/df-pubsub/northbound.sqlite3 for root, " +
    "~/.local/state/df-pubsub/northbound.sqlite3 for a user",
  help: "The file of the embedded database; the service makes it and its directory when they are " +
    "missing, commands that only read do not",
});

/** How long an operation waits for a lock. */
export const sqliteBusyTimeout: OptionDef<number> = floatOption({
  group: "df",
  name: "sqlite_busy_timeout",
  reloadable: true,
  default: "5",
  unit: "seconds",
  min: 0,
  max: 3600,
  help: "How long an operation waits while another process writes to the embedded database",
});

/** The options of the SQLite driver. */
export const sqliteOptions: readonly OptionDef[] = [sqlitePath, sqliteBusyTimeout];

import {
  boolOption,
  choiceOption,
  floatOption,
  intOption,
  listOption,
  type OptionDef,
  pathOption,
  stringOption,
} from "../../contract/option.ts";
import { type TlsFileOptions, tlsFileOptions } from "../../contract/tls_options.ts";

const group = "df_redis";

/** The arrangement of the servers. */
export const redisMode: OptionDef<"auto" | "standalone" | "sentinel" | "cluster"> = choiceOption({
  group,
  name: "mode",
  choices: ["auto", "standalone", "sentinel", "cluster"],
  default: "auto",
  help:
    "Arrangement of the servers; auto is sentinel if sentinels is set, otherwise the mode that the " +
    "first reachable server reports",
});

/** The addresses of the sentinels. */
export const redisSentinels: OptionDef<readonly string[]> = listOption({
  group,
  name: "sentinels",
  default: "",
  help: "host:port of the sentinels that know the master; if set, remote_db_hosts is ignored",
});

/** The sentinels' name of the master. */
export const redisSentinelMasterName: OptionDef<string> = stringOption({
  group,
  name: "sentinel_master_name",
  default: "mymaster",
  help: "Name of the master at the sentinels",
});

/** The user of the login. */
export const redisUsername: OptionDef<string> = stringOption({
  group,
  name: "username",
  reloadable: true,
  default: "",
  help: "User of the login; an empty value is the server's default user",
});

/** The password of the login. */
export const redisPassword: OptionDef<string> = stringOption({
  group,
  name: "password",
  reloadable: true,
  default: "",
  secret: true,
  help: "Password of the login; an empty value means no login",
});

/** A file with the password of the login. */
export const redisPasswordFile: OptionDef<string> = pathOption({
  group,
  name: "password_file",
  reloadable: true,
  default: "",
  help:
    "Path of a file that contains only the password; it has precedence over the password option",
});

/** The user of the login at the sentinels. */
export const redisSentinelUsername: OptionDef<string> = stringOption({
  group,
  name: "sentinel_username",
  reloadable: true,
  default: "",
  help: "User of the login at the sentinels; an empty value is their default user",
});

/** The password of the login at the sentinels. */
export const redisSentinelPassword: OptionDef<string> = stringOption({
  group,
  name: "sentinel_password",
  reloadable: true,
  default: "",
  secret: true,
  help: "Password of the login at the sentinels; an empty value means no login",
});

/** A file with the password of the login at the sentinels. */
export const redisSentinelPasswordFile: OptionDef<string> = pathOption({
  group,
  name: "sentinel_password_file",
  reloadable: true,
  default: "",
  help:
    "Path of a file that contains only the sentinels' password; it has precedence over the password option",
});

/** Whether connections are encrypted. */
export const redisTls: OptionDef<boolean> = boolOption({
  group,
  name: "tls",
  default: "false",
  help:
    "Whether to use TLS for servers and sentinels; a host in the form rediss://host:port also turns it on",
});

/** The trusted certificate authorities, and the client certificate. */
export const redisTlsFiles: TlsFileOptions = tlsFileOptions({
  group,
  help: {
    ca:
      "Path of the trusted certificate authorities (PEM); an empty value trusts the well-known authorities",
    cert: "Path of the client certificate (PEM), for servers that require one",
  },
});

/** The expected name in the servers' certificates. */
export const redisTlsServerName: OptionDef<string> = stringOption({
  group,
  name: "tls_server_name",
  reloadable: true,
  default: "",
  help: "Expected name in the servers' certificates; an empty value is the name of the host",
});

/** The number of a database on the server. */
export const redisDbIndex: OptionDef<number> = intOption({
  group,
  name: "db",
  min: 0,
  max: 65535,
  default: "0",
  help: "Number of the database on the server; a cluster has only 0",
});

/** Maximum time to connect, in seconds. */
export const redisConnectTimeout: OptionDef<number> = floatOption({
  group,
  name: "connect_timeout",
  reloadable: true,
  min: 0.1,
  max: 300,
  default: "5",
  unit: "seconds",
  help: "Maximum time to connect before the start fails or the next attempt begins",
});

/** Maximum time for one command, in seconds. */
export const redisCommandTimeout: OptionDef<number> = floatOption({
  group,
  name: "command_timeout",
  reloadable: true,
  min: 0.1,
  max: 300,
  default: "5",
  unit: "seconds",
  help: "Maximum time for a reply before the server counts as down and the driver reconnects; " +
    "a new value applies to new connections",
});

/** The interval of heartbeats, in seconds. */
export const redisPingInterval: OptionDef<number> = floatOption({
  group,
  name: "ping_interval",
  min: 0.1,
  max: 300,
  default: "2",
  unit: "seconds",
  help: "Time between two heartbeats from a subscriber to its server",
});

/** The naming of rows. */
export const redisKeySchema: OptionDef<"auto" | "released" | "head"> = choiceOption({
  group,
  name: "key_schema",
  choices: ["auto", "released", "head"],
  default: "auto",
  help: "Names of new rows: released is {table.topic}.key, as in every release of the original; " +
    "head is {table.topic}key, as in its last unreleased state; auto follows the existing rows of the " +
    "table, or those of other tables if it has none. Both are read",
});

/** The size of a command when a table is read. */
export const redisScanBatch: OptionDef<number> = intOption({
  group,
  name: "scan_batch",
  min: 10,
  max: 10_000,
  default: "1000",
  unit: "rows",
  help: "Maximum number of rows that one command visits or fetches while a table is read",
});

/** The options of all Redis drivers. */
export const redisOptions: readonly OptionDef[] = [
  redisMode,
  redisSentinels,
  redisSentinelMasterName,
  redisUsername,
  redisPassword,
  redisPasswordFile,
  redisSentinelUsername,
  redisSentinelPassword,
  redisSentinelPasswordFile,
  redisTls,
  ...Object.values(redisTlsFiles),
  redisTlsServerName,
  redisDbIndex,
  redisConnectTimeout,
  redisCommandTimeout,
  redisPingInterval,
  redisKeySchema,
  redisScanBatch,
];

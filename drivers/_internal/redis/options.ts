import {
  boolOption,
  choiceOption,
  floatOption,
  intOption,
  listOption,
  type OptionDef,
  stringOption,
} from "../../contract/option.ts";

const group = "df_redis";

/** How the servers are arranged. */
export const redisMode: OptionDef<"auto" | "standalone" | "sentinel" | "cluster"> = choiceOption({
  group,
  name: "mode",
  choices: ["auto", "standalone", "sentinel", "cluster"],
  default: "auto",
  help: "How the servers are arranged; auto is sentinel when sentinels are named, else what the " +
    "first server that answers says of itself",
});

/** Where the sentinels are. */
export const redisSentinels: OptionDef<readonly string[]> = listOption({
  group,
  name: "sentinels",
  default: "",
  help: "host:port of the sentinels that know the master; remote_db_hosts is not read then",
});

/** Which of the sentinels' masters is ours. */
export const redisSentinelMasterName: OptionDef<string> = stringOption({
  group,
  name: "sentinel_master_name",
  default: "mymaster",
  help: "Name under which the sentinels watch the master",
});

/** Who logs in. */
export const redisUsername: OptionDef<string> = stringOption({
  group,
  name: "username",
  reloadable: true,
  default: "",
  help: "User to log in as; empty is the server's default user",
});

/** What proves it. */
export const redisPassword: OptionDef<string> = stringOption({
  group,
  name: "password",
  reloadable: true,
  default: "",
  secret: true,
  help: "Password to log in with; empty logs in as nobody",
});

/** The same, kept out of the configuration. */
export const redisPasswordFile: OptionDef<string> = stringOption({
  group,
  name: "password_file",
  reloadable: true,
  default: "",
  help: "Path of a file that holds the password and nothing else; it goes before the password",
});

/** Who logs in at the sentinels. */
export const redisSentinelUsername: OptionDef<string> = stringOption({
  group,
  name: "sentinel_username",
  reloadable: true,
  default: "",
  help: "User to log in as at the sentinels; empty is their default user",
});

/** What proves it there. */
export const redisSentinelPassword: OptionDef<string> = stringOption({
  group,
  name: "sentinel_password",
  reloadable: true,
  default: "",
  secret: true,
  help: "Password to log in with at the sentinels; empty logs in as nobody",
});

/** The same, kept out of the configuration. */
export const redisSentinelPasswordFile: OptionDef<string> = stringOption({
  group,
  name: "sentinel_password_file",
  reloadable: true,
  default: "",
  help: "Path of a file that holds the sentinels' password; it goes before the password",
});

/** Whether connections are encrypted. */
export const redisTls: OptionDef<boolean> = boolOption({
  group,
  name: "tls",
  default: "false",
  help:
    "Whether to speak TLS to servers and sentinels; a host written rediss://host:port says so too",
});

/** Whom to trust. */
export const redisTlsCaFile: OptionDef<string> = stringOption({
  group,
  name: "tls_ca_file",
  reloadable: true,
  default: "",
  help: "Path of the certificates (PEM) that may have signed the servers'; empty trusts the " +
    "well-known authorities",
});

/** Who we are, to a server that asks. */
export const redisTlsCertFile: OptionDef<string> = stringOption({
  group,
  name: "tls_cert_file",
  reloadable: true,
  default: "",
  help: "Path of our own certificate (PEM), for servers that want one",
});

/** The key of that certificate. */
export const redisTlsKeyFile: OptionDef<string> = stringOption({
  group,
  name: "tls_key_file",
  reloadable: true,
  default: "",
  help: "Path of the private key (PEM) of our own certificate",
});

/** Whose certificate is expected. */
export const redisTlsServerName: OptionDef<string> = stringOption({
  group,
  name: "tls_server_name",
  reloadable: true,
  default: "",
  help: "Name that the servers' certificates must be for; empty is the host connected to",
});

/** Which of a server's databases. */
export const redisDbIndex: OptionDef<number> = intOption({
  group,
  name: "db",
  min: 0,
  max: 65535,
  default: "0",
  help: "Number of the database on the server; a cluster has only 0",
});

/** The bound of connecting. */
export const redisConnectTimeout: OptionDef<number> = floatOption({
  group,
  name: "connect_timeout",
  reloadable: true,
  min: 0.1,
  max: 300,
  default: "5",
  unit: "seconds",
  help: "How long connecting may take before the start fails or the next try begins",
});

/** The bound of one command. */
export const redisCommandTimeout: OptionDef<number> = floatOption({
  group,
  name: "command_timeout",
  reloadable: true,
  min: 0.1,
  max: 300,
  default: "5",
  unit: "seconds",
  help: "How long a server may take to answer before it is taken for down and connected to again",
});

/** How soon silence is noticed. */
export const redisPingInterval: OptionDef<number> = floatOption({
  group,
  name: "ping_interval",
  min: 0.1,
  max: 300,
  default: "2",
  unit: "seconds",
  help: "How often a subscriber asks its server for a sign of life",
});

/** How rows are named. */
export const redisKeySchema: OptionDef<"auto" | "released" | "head"> = choiceOption({
  group,
  name: "key_schema",
  choices: ["auto", "released", "head"],
  default: "auto",
  help: "How new rows are named: released is {table.topic}.key, as every release of the original " +
    "did; head is {table.topic}key, as its last unreleased state did; auto is as the rows of the " +
    "table are named, or those of other tables where it has none; both are read",
});

/** How much one command asks for. */
export const redisScanBatch: OptionDef<number> = intOption({
  group,
  name: "scan_batch",
  min: 10,
  max: 10_000,
  default: "1000",
  unit: "rows",
  help: "How many rows one command may visit or fetch while a table is read",
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
  redisTlsCaFile,
  redisTlsCertFile,
  redisTlsKeyFile,
  redisTlsServerName,
  redisDbIndex,
  redisConnectTimeout,
  redisCommandTimeout,
  redisPingInterval,
  redisKeySchema,
  redisScanBatch,
];

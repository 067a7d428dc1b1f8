import {
  boolOption,
  choiceOption,
  floatOption,
  type HostFacts,
  intOption,
  listOption,
  type OptionDef,
  stringOption,
} from "../../../drivers/contract/option.ts";
import { ConfigError } from "../../../service/config/config_error.ts";
import type { EffectiveConfig } from "../../../service/config/effective_config.ts";
import type { ConfigIo } from "../../../service/config/file_layers.ts";
import { type ConfigSources, loadConfig } from "../../../service/config/load_config.ts";

export const facts: HostFacts = {
  isRoot: false,
  home: "/home/ada",
  runtimeDirectory: "/run/user/1000",
};

export const host = stringOption({
  group: "DEFAULT",
  name: "host",
  default: "node1",
  help: "Name of the host",
});

export const address = stringOption({
  group: "df",
  name: "local_ip",
  default: "127.0.0.1",
  aliases: [{ group: "df", name: "management_ip" }, { group: "ovs", name: "tunnel_ip" }],
  help: "Address of the host",
});

export const port = intOption({
  group: "df",
  name: "publisher_port",
  min: 0,
  max: 65535,
  default: "8866",
  help: "Port of the publisher",
});

export const pollTime = floatOption({
  group: "df",
  name: "poll_time",
  min: 0.05,
  max: 3600,
  default: "30",
  unit: "seconds",
  help: "Time between two looks",
});

export const enabled = boolOption({
  group: "df",
  name: "enable_df_pub_sub",
  default: "False",
  help: "Whether events are published",
});

export const format = choiceOption({
  group: "df",
  name: "wire_format",
  choices: ["map", "json"],
  default: "map",
  help: "Format of an event",
});

export const hosts = listOption({
  group: "df",
  name: "publishers",
  default: "$local_ip:$publisher_port",
  help: "Publishers to follow",
});

export const password = stringOption({
  group: "df_redis",
  name: "password",
  default: "",
  secret: true,
  help: "Password of the server",
});

export const uri = stringOption({
  group: "df_redis",
  name: "uri",
  default: "redis://$host",
  help: "Where the server is",
});

export const socket = stringOption({
  group: "df",
  name: "publisher_multiproc_socket",
  aliases: [{ group: "df_zmq", name: "ipc_socket" }],
  default: ({ isRoot, home }) => isRoot ? "/var/run/socket" : `${home}/socket`,
  defaultHelp: "/var/run/zmq_pubsub/socket for root, <home directory>/socket for others",
  help: "Path of the socket",
});

export const table: readonly OptionDef[] = [
  host,
  address,
  port,
  pollTime,
  enabled,
  format,
  hosts,
  socket,
  password,
  uri,
];

/** Files by path. A directory exists when the path of a file begins with it. */
export function memoryIo(files: Readonly<Record<string, string | Uint8Array>>): ConfigIo {
  return {
    async readFile(path) {
      const content = files[path];
      await Promise.resolve();
      if (content === undefined) throw new Error("no such file");
      return typeof content === "string" ? new TextEncoder().encode(content) : content;
    },
    async listDirectory(path) {
      const inside = Object.keys(files).filter((name) => name.startsWith(`${path}/`));
      await Promise.resolve();
      if (inside.length === 0) throw new Error("no such directory");
      return inside.map((name) => name.slice(path.length + 1));
    },
  };
}

type Given = Partial<Omit<ConfigSources, "io">> & {
  readonly on?: Readonly<Record<string, string | Uint8Array>>;
};

/**
 * Loads the fixture's table from files in memory. Reads every file of `on` unless `files` is given.
 */
export function load({ on = {}, ...given }: Given = {}): Promise<EffectiveConfig> {
  return loadConfig({ table, facts, files: Object.keys(on), io: memoryIo(on), ...given });
}

/** The problems of a configuration that must be refused. */
export async function problemsOf(given: Given): Promise<readonly string[]> {
  try {
    await load(given);
  } catch (error) {
    if (error instanceof ConfigError) return error.problems;
    throw error;
  }
  throw new Error("the configuration was accepted");
}

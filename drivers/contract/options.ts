import {
  choiceOption,
  floatOption,
  intOption,
  listOption,
  type OptionDef,
  type OptionSpec,
  patternOption,
} from "./option.ts";

/** A dotted IPv4 address, or a name or IPv6 address: anything but digits and dots alone. */
const ADDRESS = /^(?:(?:(?:25[0-5]|2[0-4]\d|1?\d?\d)(?:\.(?!$)|$)){4}|(?![\d.]+$)[\w.:%-]+)$/;

/** The number of bytes in a mebibyte. */
const MEBIBYTE = 1024 * 1024;

/** An option that holds one host: an IPv4 or IPv6 address, or a host name. */
export function addressOption(
  spec: OptionSpec,
): OptionDef<string> {
  return patternOption({ ...spec, pattern: ADDRESS, wanted: "an IP address or a host name" });
}

/** How the publisher service and its subscribers reach each other. */
export const publisherTransport: OptionDef<"tcp" | "epgm"> = choiceOption({
  group: "df",
  name: "publisher_transport",
  choices: ["tcp", "epgm"],
  default: "tcp",
  help: "Transport between publishers and subscribers; a driver refuses what it was built without",
});

/** Where the publisher service listens, as the transport spells it. */
export const publisherBindAddress: OptionDef<string> = patternOption({
  group: "df",
  name: "publisher_bind_address",
  pattern: /^(?:\*|[\w.:%-]+|\[[\w.:%]+\])$/,
  wanted: "*, an IP address, or the name of an interface or host",
  default: "*",
  help: "Address the publisher service listens on; * is every address of the host",
});

/** The port subscribers connect to. */
export const publisherPort: OptionDef<number> = intOption({
  group: "df",
  name: "publisher_port",
  min: 0,
  max: 65535,
  default: "8866",
  help:
    "Port the publisher service listens on and subscribers connect to; 0 listens on any free one",
});

/** How long a publisher may be silent, in seconds. */
export const publisherTimeout: OptionDef<number> = floatOption({
  group: "df",
  name: "publisher_timeout",
  reloadable: true,
  min: 0.1,
  max: 31_536_000,
  default: "300",
  unit: "seconds",
  help: "Idle time after which a publisher counts as gone and its row is removed",
});

/** The bound of everything that is sent or received. */
export const pubSubMaxEventBytes: OptionDef<number> = intOption({
  group: "df",
  name: "pub_sub_max_event_bytes",
  min: 1024,
  max: 256 * MEBIBYTE,
  default: String(MEBIBYTE),
  unit: "bytes",
  help: "Largest event that is sent or accepted, as encoded; larger ones are refused and counted",
});

/** The host of a remote database, for {@linkcode remoteDbHosts}. */
export const remoteDbIp: OptionDef<string> = addressOption({
  group: "df",
  name: "remote_db_ip",
  default: "127.0.0.1",
  help: "Host of the northbound database, where that is a server",
});

/** The port of a remote database, for {@linkcode remoteDbHosts}. */
export const remoteDbPort: OptionDef<number> = intOption({
  group: "df",
  name: "remote_db_port",
  min: 0,
  max: 65535,
  default: "4001",
  help: "Port of the northbound database, where that is a server",
});

/** Every `host:port` of a remote database; what a driver connects to. */
export const remoteDbHosts: OptionDef<readonly string[]> = listOption({
  group: "df",
  name: "remote_db_hosts",
  default: "$remote_db_ip:$remote_db_port",
  help: "host:port of every member of the northbound database, where that is a cluster",
});

/** The options that drivers and the service both read. */
export const sharedOptions: readonly OptionDef[] = [
  publisherTransport,
  publisherBindAddress,
  publisherPort,
  pubSubMaxEventBytes,
  remoteDbIp,
  remoteDbPort,
  remoteDbHosts,
];

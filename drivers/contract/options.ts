import { isIPv4, isIPv6 } from "./ip_address.ts";
import {
  choiceOption,
  floatOption,
  intOption,
  listOption,
  type OptionDef,
  type OptionSpec,
  patternOption,
} from "./option.ts";

/** The number of bytes in a mebibyte. */
const MEBIBYTE = 1024 * 1024;

/** Whether a text is an IP address or a host name. Digits and dots alone must be IPv4. */
function isHost(text: string): boolean {
  if (text.includes(":")) return isIPv6(text);
  return /^[\d.]+$/.test(text) ? isIPv4(text) : /^[\w.-]+$/.test(text);
}

/** Creates an option of a host: an IPv4 or IPv6 address, or a host name. */
export function addressOption(spec: OptionSpec): OptionDef<string> {
  const parse = (text: string) => isHost(text) ? text : undefined;
  return { ...spec, type: { wanted: "an IP address or a host name", parse, format: String } };
}

/** Creates an option of hosts separated by commas. An IPv6 address may be in brackets. */
export function hostsOption(spec: OptionSpec): OptionDef<readonly string[]> {
  const { type, ...rest } = listOption(spec);
  const wanted = "IP addresses or host names without ports, separated by commas";
  const areHosts = (texts: readonly string[]) =>
    texts.every((text) => isHost(text.replace(/^\[(.*:.*)\]$/, "$1")));
  const parse = (text: string) => {
    const texts = type.parse(text);
    return texts !== undefined && areHosts(texts) ? texts : undefined;
  };
  return { ...rest, type: { ...type, wanted, parse } };
}

/** The transport between publishers and subscribers. */
export const publisherTransport: OptionDef<"tcp" | "epgm"> = choiceOption({
  group: "df",
  name: "publisher_transport",
  choices: ["tcp", "epgm"],
  default: "tcp",
  help:
    "Transport between publishers and subscribers; a driver refuses one that it does not support",
});

/** The address on which the publisher service listens. */
export const publisherBindAddress: OptionDef<string> = patternOption({
  group: "df",
  name: "publisher_bind_address",
  pattern: /^(?:\*|[\w.:%-]+|\[[\w.:%]+\])$/,
  wanted: "*, an IP address, or the name of an interface or host",
  default: "*",
  help: "Address on which the publisher service listens; * is every address of the host",
});

/** The port to which subscribers connect. */
export const publisherPort: OptionDef<number> = intOption({
  group: "df",
  name: "publisher_port",
  min: 0,
  max: 65535,
  default: "8866",
  help:
    "Port on which the publisher service listens and to which subscribers connect; 0 is any free port",
});

/** Maximum time without activity of a live publisher, in seconds. */
export const publisherTimeout: OptionDef<number> = floatOption({
  group: "df",
  name: "publisher_timeout",
  reloadable: true,
  min: 0.1,
  max: 31_536_000,
  default: "300",
  unit: "seconds",
  help: "Time without activity after which a publisher counts as gone and its row is removed",
});

/** Maximum size of an event, in bytes. */
export const pubSubMaxEventBytes: OptionDef<number> = intOption({
  group: "df",
  name: "pub_sub_max_event_bytes",
  min: 1024,
  max: 256 * MEBIBYTE,
  default: String(MEBIBYTE),
  unit: "bytes",
  help: "Maximum size of an encoded event; larger ones are refused and counted",
});

/** The host of a remote database, for {@linkcode remoteDbHosts}. */
export const remoteDbIp: OptionDef<string> = addressOption({
  group: "df",
  name: "remote_db_ip",
  default: "127.0.0.1",
  help: "Host of the northbound database, if it is a server",
});

/** The port of a remote database, for {@linkcode remoteDbHosts}. */
export const remoteDbPort: OptionDef<number> = intOption({
  group: "df",
  name: "remote_db_port",
  min: 1,
  max: 65535,
  default: "4001",
  help: "Port of the northbound database, if it is a server",
});

/** The `host:port` of every member of a remote database, to which drivers connect. */
export const remoteDbHosts: OptionDef<readonly string[]> = listOption({
  group: "df",
  name: "remote_db_hosts",
  default: "$remote_db_ip:$remote_db_port",
  help: "host:port of every member of the northbound database, if it is a cluster",
});

/** The options that both drivers and the service read. */
export const sharedOptions: readonly OptionDef[] = [
  publisherTransport,
  publisherBindAddress,
  publisherPort,
  pubSubMaxEventBytes,
  remoteDbIp,
  remoteDbPort,
  remoteDbHosts,
];

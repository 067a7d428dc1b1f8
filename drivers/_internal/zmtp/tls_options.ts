import {
  boolOption,
  choiceOption,
  intOption,
  listOption,
  type OptionDef,
  patternOption,
} from "../../contract/option.ts";
import { tlsFileOptions } from "../../contract/tls_options.ts";

const group = "df_zmq";

export const tls = choiceOption({
  group,
  name: "tls",
  choices: ["off", "on", "required"],
  default: "off",
  help:
    "Whether connections between hosts use TLS. With on, a publisher has a second port for TLS, " +
    "and nodes connect to it if the northbound database says so. With required, publishers and " +
    "nodes refuse connections without TLS, and nodes of Dragonflow cannot connect",
});

export const tlsPort = intOption({
  group,
  name: "tls_port",
  min: 0,
  max: 65535,
  default: "8867",
  help: "Port for TLS if tls is on; 0 is any free port. If tls is required, publisher_port " +
    "is the port for TLS",
});

export const tlsBindAddress = patternOption({
  group,
  name: "tls_bind_address",
  pattern: /^(?:\*|[\w.:%-]*|\[[\w.:%]+\])$/,
  wanted: "*, an IP address, or the name of an interface or host",
  default: "",
  defaultHelp: "[df] publisher_bind_address",
  help: "Address on which the publisher service listens for TLS if tls is on",
});

/** The files of certificate, key and authorities. */
export const tlsFiles = tlsFileOptions({
  group,
  reloadable: "if-set",
  help: {
    ca: "Path of the certificates (PEM) of the authorities that sign the certificates of " +
      "publishers and nodes; required unless tls is off. A changed file is used without a restart",
    cert: "Path of this host's certificate (PEM), followed by those of intermediate authorities; " +
      "a publisher needs it, and publishers refuse a node without one. A changed file is used " +
      "without a restart",
  },
});

export const tlsAllowedNodes = listOption({
  group,
  name: "tls_allowed_nodes",
  reloadable: true,
  default: "",
  help: "Names of the nodes that a publisher accepts: one of them has to match a subject " +
    "alternative name of the node's certificate. * is any text without a dot. An empty value accepts every " +
    "certificate of the authorities",
});

export const tlsAllowedPublishers = listOption({
  group,
  name: "tls_allowed_publishers",
  reloadable: true,
  default: "",
  help: "Names of the publishers that a node accepts: one of them has to match a subject " +
    "alternative name of the publisher's certificate, besides its address. * is any text without a " +
    "dot. An empty value accepts every certificate of the authorities, also that of a node",
});

export const tlsPublisherNames = listOption({
  group,
  name: "tls_publisher_names",
  reloadable: true,
  default: "",
  help: "Names that a publisher's certificate may have in place of the host in its address. * is " +
    "any text without a dot",
});

export const tlsMinVersion = choiceOption({
  group,
  name: "tls_min_version",
  choices: ["1.2", "1.3"],
  default: "1.3",
  help: "Minimum version of TLS",
});

export const tlsReconnectOnChange = boolOption({
  group,
  name: "tls_reconnect_on_change",
  reloadable: true,
  default: "False",
  help: "Whether existing connections are made again when the certificate, the key or the " +
    "authorities have changed: in random order, over a few seconds, and without a loss of events",
});

/** The options of TLS between hosts. */
export const tlsOptions: readonly OptionDef[] = [
  tls,
  tlsPort,
  tlsBindAddress,
  tlsFiles.caFile,
  tlsFiles.certFile,
  tlsFiles.keyFile,
  tlsAllowedNodes,
  tlsAllowedPublishers,
  tlsPublisherNames,
  tlsMinVersion,
  tlsReconnectOnChange,
];

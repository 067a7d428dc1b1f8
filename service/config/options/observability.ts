import {
  boolOption,
  choiceOption,
  listOption,
  type OptionDef,
  pathOption,
  patternOption,
} from "../../../drivers/contract/option.ts";
import { type TlsFileOptions, tlsFileOptions } from "../../../drivers/contract/tls_options.ts";

const PORT = String.raw`(?:\d{1,4}|[1-5]\d{4}|6[0-4]\d{3}|65[0-4]\d\d|655[0-2]\d|6553[0-5])`;
const HOST = String.raw`(?:\*|\[[\w.:%]+\]|[\w.-]+)`;

/** `[df] http_address`. */
export const httpAddress: OptionDef<string> = patternOption({
  group: "df",
  name: "http_address",
  pattern: new RegExp(`^(?:${HOST}:${PORT})?$`),
  wanted: "host:port, as 127.0.0.1:8868, [::1]:8868 or *:8868, or an empty value",
  default: "127.0.0.1:8868",
  help: "Address of /livez, /readyz, /metrics and the page of the publisher service. Port 0 " +
    "is any free port, which is the default if publisher_port is 0. An empty value turns it off",
});

/** `[df] http_page`. */
export const httpPage: OptionDef<boolean> = boolOption({
  group: "df",
  name: "http_page",
  default: "True",
  help:
    "Whether http_address also serves the page at /, and /peers, /applied and /row. On an address other than " +
    "loopback these require http_token_file or http_tls_ca_file",
});

/** `[df] http_token_file`. */
export const httpTokenFile: OptionDef<string> = pathOption({
  group: "df",
  name: "http_token_file",
  default: "",
  help:
    "Path of a file that contains only the token for the page, /peers, /applied and /row, of 16 to 256 " +
    "characters. Browsers ask for it as the password, with any user name; other clients send it " +
    "as a bearer token. An address other than loopback requires this file or http_tls_ca_file. " +
    "A changed file is used after a reload",
});

/** `[df] http_tls_ca_file`, `http_tls_cert_file` and `http_tls_key_file`. */
export const httpTlsFiles: TlsFileOptions = tlsFileOptions({
  group: "df",
  prefix: "http_tls_",
  reloadable: "if-set",
  help: {
    ca:
      "Path of the trusted certificate authorities (PEM). A client certificate of theirs opens the " +
      "page, /peers, /applied and /row in place of the token. Commands trust them for the pages of other " +
      "services; with an empty value they trust the well-known authorities",
    cert:
      "Path of the certificate (PEM) of this host. With it, http_address speaks only TLS; commands " +
      "show it to the pages of other services. A changed file is used without a restart",
  },
});

/** `[df] http_tls_allowed_names`. */
export const httpTlsAllowedNames: OptionDef<readonly string[]> = listOption({
  group: "df",
  name: "http_tls_allowed_names",
  reloadable: true,
  default: "",
  help: "Names of clients: one of them has to match a subject alternative name of the client " +
    "certificate. * is any text without a dot. An empty value accepts every certificate of " +
    "http_tls_ca_file",
});

/** `[df] http_allowed_hosts`. */
export const httpAllowedHosts: OptionDef<readonly string[]> = listOption({
  group: "df",
  name: "http_allowed_hosts",
  default: "",
  help: "Host names that are accepted in requests for these pages at a " +
    "loopback address, besides localhost, management_ip, local_ip and the names of this host; * accepts any name",
});

/** `[df] log_level`. */
export const logLevel: OptionDef<"auto" | "debug" | "info" | "warn" | "error"> = choiceOption({
  group: "df",
  name: "log_level",
  reloadable: true,
  choices: ["auto", "debug", "info", "warn", "error"],
  default: "auto",
  help: "Minimum level of log lines; auto is info for serve and warn for other commands; " +
    "--quiet and --verbose override it",
});

/** `[DEFAULT] debug`. */
export const debug: OptionDef<boolean> = boolOption({
  group: "DEFAULT",
  name: "debug",
  reloadable: true,
  default: "False",
  help: "Whether log_level auto means debug, as in oslo.log",
});

/** `[df] log_format`. */
export const logFormat: OptionDef<"auto" | "text" | "json"> = choiceOption({
  group: "df",
  name: "log_format",
  reloadable: true,
  choices: ["auto", "text", "json"],
  default: "auto",
  help: "Format of log lines; auto is JSON, one object per line, for serve and subscribe " +
    "if standard error is neither a terminal nor the journal, otherwise text",
});

/** Options for pages and logs. */
export const observabilityOptions: readonly OptionDef[] = [
  httpAddress,
  httpPage,
  httpTokenFile,
  ...Object.values(httpTlsFiles),
  httpTlsAllowedNames,
  httpAllowedHosts,
  debug,
  logLevel,
  logFormat,
];

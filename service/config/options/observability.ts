import {
  boolOption,
  choiceOption,
  listOption,
  type OptionDef,
  patternOption,
  stringOption,
} from "../../../drivers/contract/option.ts";

const PORT = String.raw`(?:\d{1,4}|[1-5]\d{4}|6[0-4]\d{3}|65[0-4]\d\d|655[0-2]\d|6553[0-5])`;
const HOST = String.raw`(?:\*|\[[\w.:%]+\]|[\w.-]+)`;

/** `[df] http_address`. */
export const httpAddress: OptionDef<string> = patternOption({
  group: "df",
  name: "http_address",
  pattern: new RegExp(`^(?:${HOST}:${PORT})?$`),
  wanted: "host:port, as 127.0.0.1:8868, [::1]:8868 or *:8868, or nothing",
  default: "127.0.0.1:8868",
  help:
    "Where the publisher service answers /livez, /readyz and /metrics, and shows its page; port 0 " +
    "is any free one, as is the default when publisher_port is 0; empty turns it off",
});

/** `[df] http_page`. */
export const httpPage: OptionDef<boolean> = boolOption({
  group: "df",
  name: "http_page",
  default: "True",
  help: "Whether http_address also has the page at / for people, /peers and /applied; beyond " +
    "loopback these need http_token_file",
});

/** `[df] http_token_file`. */
export const httpTokenFile: OptionDef<string> = stringOption({
  group: "df",
  name: "http_token_file",
  default: "",
  help:
    "Path of a file that holds the token for the page, /peers and /applied, and nothing else, 16 to 256 " +
    "characters; a browser asks for it as the password, for any user, and other clients send it " +
    "as a bearer token; empty is for a loopback address only",
});

/** `[df] http_allowed_hosts`. */
export const httpAllowedHosts: OptionDef<readonly string[]> = listOption({
  group: "df",
  name: "http_allowed_hosts",
  default: "",
  help: "Names that the Host header of a request for these pages may have when it arrives at a " +
    "loopback address, besides localhost, management_ip, local_ip and the names of this host; * accepts any name",
});

/** `[df] log_level`. */
export const logLevel: OptionDef<"auto" | "debug" | "info" | "warn" | "error"> = choiceOption({
  group: "df",
  name: "log_level",
  reloadable: true,
  choices: ["auto", "debug", "info", "warn", "error"],
  default: "auto",
  help: "The least that is logged; auto is info for serve and warn for other commands; " +
    "--quiet and --verbose come before it",
});

/** `[DEFAULT] debug`. */
export const debug: OptionDef<boolean> = boolOption({
  group: "DEFAULT",
  name: "debug",
  reloadable: true,
  default: "False",
  help: "Whether log_level auto is debug, as oslo.log has it",
});

/** `[df] log_format`. */
export const logFormat: OptionDef<"auto" | "text" | "json"> = choiceOption({
  group: "df",
  name: "log_format",
  reloadable: true,
  choices: ["auto", "text", "json"],
  default: "auto",
  help: "How log lines are written; auto is JSON, one object per line, for serve and subscribe " +
    "where standard error is neither a terminal nor the journal, else text",
});

/** The options of what is seen from outside. */
export const observabilityOptions: readonly OptionDef[] = [
  httpAddress,
  httpPage,
  httpTokenFile,
  httpAllowedHosts,
  debug,
  logLevel,
  logFormat,
];

import { hostsOption, publisherTimeout } from "../../../drivers/contract/options.ts";
import {
  choiceOption,
  floatOption,
  intOption,
  type OptionDef,
  patternOption,
} from "../../../drivers/contract/option.ts";

export { publisherTimeout };

/** `[df] publishers_ips`. */
export const publishersIps: OptionDef<readonly string[]> = hostsOption({
  group: "df",
  name: "publishers_ips",
  default: "$management_ip",
  help:
    "Hosts of publishers to follow in addition to those in the publishers table; leave it empty " +
    "on a node that runs no publisher",
});

/** `[df] publisher_id_name`. */
export const publisherIdName: OptionDef<string> = patternOption({
  group: "df",
  name: "publisher_id_name",
  pattern: /^\S*$/,
  wanted: "a name without blanks",
  default: "",
  defaultHelp: "the fully qualified name of this host",
  help:
    "Name from which the id of this host's publisher is derived, unless a row of the publishers " +
    "table already has its address. Dragonflow from 4.0 uses MainProcess.<host>",
});

/** `[df] publisher_row_on_stop`. */
export const publisherRowOnStop: OptionDef<"auto" | "delete" | "keep"> = choiceOption({
  group: "df",
  name: "publisher_row_on_stop",
  choices: ["auto", "delete", "keep"],
  default: "auto",
  help:
    "What a stopping publisher service does with its row: keep it, so that nodes of the original " +
    "stay connected across a restart, or delete it; auto keeps it under a service manager such " +
    "as systemd (NOTIFY_SOCKET). Other services remove a row that is not refreshed",
});

/** `[df] publisher_rate_limit_count`. */
export const publisherRateLimitCount: OptionDef<number> = intOption({
  group: "df",
  name: "publisher_rate_limit_count",
  reloadable: true,
  min: 1,
  max: 1_000_000,
  default: "2",
  help: "Maximum number of refreshes of the service's own row within publisher_rate_limit_timeout",
});

/** `[df] publisher_rate_limit_timeout`, in seconds. */
export const publisherRateLimitTimeout: OptionDef<number> = floatOption({
  group: "df",
  name: "publisher_rate_limit_timeout",
  reloadable: true,
  min: 0,
  max: 31_536_000,
  default: "30",
  unit: "seconds",
  help: "Time window for publisher_rate_limit_count",
});

/** `[df] stale_publisher_poll_time`, in seconds. */
export const stalePublisherPollTime: OptionDef<number> = floatOption({
  group: "df",
  name: "stale_publisher_poll_time",
  reloadable: true,
  min: 0.05,
  max: 86_400,
  default: "10",
  unit: "seconds",
  help:
    "Time between two checks for publishers that have been silent for longer than publisher_timeout",
});

/** Options of the publishers table. */
export const publisherOptions: readonly OptionDef[] = [
  publishersIps,
  publisherIdName,
  publisherRowOnStop,
  publisherTimeout,
  publisherRateLimitCount,
  publisherRateLimitTimeout,
  stalePublisherPollTime,
];

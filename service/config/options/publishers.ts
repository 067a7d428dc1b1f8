import {
  floatOption,
  intOption,
  listOption,
  type OptionDef,
} from "../../../drivers/contract/option.ts";

/** `[df] publishers_ips`. */
export const publishersIps: OptionDef<readonly string[]> = listOption({
  group: "df",
  name: "publishers_ips",
  default: "$local_ip",
  help: "Hosts of publishers to follow besides those in the publishers table",
});

/** `[df] publisher_timeout`, in seconds. */
export const publisherTimeout: OptionDef<number> = floatOption({
  group: "df",
  name: "publisher_timeout",
  min: 0.1,
  max: 31_536_000,
  default: "300",
  unit: "seconds",
  help: "Idle time after which a publisher counts as gone and its row is removed",
});

/** `[df] publisher_rate_limit_count`. */
export const publisherRateLimitCount: OptionDef<number> = intOption({
  group: "df",
  name: "publisher_rate_limit_count",
  min: 1,
  max: 1_000_000,
  default: "2",
  help: "Most refreshes of the own row within publisher_rate_limit_timeout",
});

/** `[df] publisher_rate_limit_timeout`, in seconds. */
export const publisherRateLimitTimeout: OptionDef<number> = floatOption({
  group: "df",
  name: "publisher_rate_limit_timeout",
  min: 0,
  max: 31_536_000,
  default: "30",
  unit: "seconds",
  help: "Span of time that publisher_rate_limit_count counts in",
});

/** `[df] stale_publisher_poll_time`, in seconds. */
export const stalePublisherPollTime: OptionDef<number> = floatOption({
  group: "df",
  name: "stale_publisher_poll_time",
  min: 0.05,
  max: 86_400,
  default: "10",
  unit: "seconds",
  help: "Time between two looks for publishers that are idle for longer than publisher_timeout",
});

/** The options of the publishers table. */
export const publisherOptions: readonly OptionDef[] = [
  publishersIps,
  publisherTimeout,
  publisherRateLimitCount,
  publisherRateLimitTimeout,
  stalePublisherPollTime,
];

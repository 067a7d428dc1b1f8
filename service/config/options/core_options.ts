import type { OptionDef } from "../../../drivers/contract/option.ts";
import { sharedOptions } from "../../../drivers/contract/options.ts";
import { gapOptions } from "./gaps.ts";
import { hostOptions } from "./host.ts";
import { observabilityOptions } from "./observability.ts";
import { pubSubOptions } from "./pub_sub.ts";
import { publisherOptions } from "./publishers.ts";
import { tableMonitorOptions } from "./table_monitors.ts";

/**
 * Every option that belongs to no single driver, those that drivers share included. The whole
 * table is these and what the registry's drivers declare.
 */
export const coreOptions: readonly OptionDef[] = [
  ...hostOptions,
  ...pubSubOptions,
  ...gapOptions,
  ...sharedOptions,
  ...publisherOptions,
  ...tableMonitorOptions,
  ...observabilityOptions,
];

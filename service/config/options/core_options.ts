import type { OptionDef } from "../../../drivers/contract/option.ts";
import { sharedOptions } from "../../../drivers/contract/options.ts";
import { gapOptions } from "./gaps.ts";
import { hostOptions } from "./host.ts";
import { observabilityOptions } from "./observability.ts";
import { pubSubOptions } from "./pub_sub.ts";
import { publisherOptions } from "./publishers.ts";
import { recorderOptions } from "./recorder.ts";
import { tableMonitorOptions } from "./table_monitors.ts";

/**
 * All options that do not belong to a single driver, including those that drivers share. The whole
 * table is these and the options that the registry's drivers declare.
 */
export const coreOptions: readonly OptionDef[] = [
  ...hostOptions,
  ...pubSubOptions,
  ...gapOptions,
  ...sharedOptions,
  ...publisherOptions,
  ...tableMonitorOptions,
  ...observabilityOptions,
  ...recorderOptions,
];

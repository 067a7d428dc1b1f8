import type { OptionName } from "../../drivers/contract/option.ts";
import type { Environment } from "./environment_layer.ts";
import type { Layer } from "./layer.ts";
import type { OptionIndex } from "./option_index.ts";
import { normalGroup, variableOf } from "./option_name.ts";

/** Options of earlier releases that have no effect. Configuration files may still set them. */
const RETIRED_OPTIONS: ReadonlyMap<string, ReadonlySet<string>> = new Map(Object.entries({
  df: new Set([
    "pub_sub_hello_interval",
    "pub_sub_hold_bytes",
    "pub_sub_hold_events",
    "pub_sub_native_sync_interval",
    "pub_sub_replay_bytes",
    "pub_sub_replay_events",
    "pub_sub_replay_port",
    "pub_sub_replay_timeout",
    "pub_sub_replay_total_bytes",
  ]),
  df_zmq: new Set(["slow_subscriber_wait"]),
}));

/** Whether an option of an earlier release is accepted and ignored. */
export function isRetired(index: OptionIndex, { group, name }: OptionName): boolean {
  const isListed = RETIRED_OPTIONS.get(normalGroup(group))?.has(name) === true;
  return isListed && index.find({ group, name }) === undefined;
}

/** A sentence about the options of earlier releases that are set; undefined if none is. */
export function retiredOptionsSet(
  index: OptionIndex,
  layers: readonly Layer[],
  env: Environment,
): string | undefined {
  const written = layers.flat()
    .filter(({ written }) => isRetired(index, written))
    .map(({ written, origin }) => `[${normalGroup(written.group)}] ${written.name} (${origin})`);
  const variables = [...RETIRED_OPTIONS].flatMap(([group, names]) =>
    [...names].filter((name) => isRetired(index, { group, name }))
      .map((name) => [`[${group}] ${name}`, variableOf({ group, name })] as const)
      .filter(([, variable]) => Object.hasOwn(env, variable))
      .map(([option, variable]) => `${option} (variable ${variable})`)
  );
  const set = [...written, ...variables];
  return set.length === 0 ? undefined : `Ignored options of earlier releases: ${set.join(", ")}`;
}

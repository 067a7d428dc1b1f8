import type { OptionName } from "../../drivers/contract/option.ts";
import { didYouMean, nearest } from "./edit_distance.ts";
import type { Environment } from "./environment_layer.ts";
import type { Layer } from "./layer.ts";
import type { OptionIndex } from "./option_index.ts";
import { normalGroup, variableOf } from "./option_name.ts";
import { isRetired } from "./retired_options.ts";

/**
 * Returns a warning for each option that is in a group of the table but not in the table, which is
 * usually a typing error, and for each whose group is misspelt. There is no warning for options of
 * the original that this program does not use, nor for those of earlier releases.
 */
export function unknownInLayers(index: OptionIndex, layers: readonly Layer[]): string[] {
  return layers.flat().flatMap(({ written, origin }) => {
    const group = normalGroup(written.group);
    if (!index.groups.has(group)) return misspeltGroup(index, written, origin);
    if (index.find(written) !== undefined) return [];
    if (UNUSED_ORIGINAL_OPTIONS[group]?.has(written.name)) return [];
    if (isRetired(index, written)) return [];
    const hint = didYouMean(written.name, index.namesIn(group));
    return [`${origin}: [${group}] has no option "${written.name}"${hint}`];
  });
}

/**
 * The files also contain groups of other programs. A group counts as misspelt only if the group
 * with the nearest name has the option.
 */
function misspeltGroup(index: OptionIndex, { group, name }: OptionName, origin: string): string[] {
  const near = nearest(group, index.groups);
  if (near === undefined || index.find({ group: near, name }) === undefined) return [];
  return [`${origin}: [${group}] has no option "${name}"; did you mean [${near}]?`];
}

/**
 * Returns a warning for each variable that has the prefix of a group but names no option of the
 * table.
 */
export function unknownInEnvironment(index: OptionIndex, env: Environment): string[] {
  return Object.keys(env).sort().flatMap((variable) =>
    [...index.groups].flatMap((group) => {
      const prefix = variableOf({ group, name: "" });
      if (!variable.startsWith(prefix)) return [];
      const names = index.namesIn(group);
      const known = [...names, ...(UNUSED_ORIGINAL_OPTIONS[group] ?? [])];
      const variables = (each: string[]) => each.map((name) => variableOf({ group, name }));
      if (variables(known).includes(variable)) return [];
      const name = variable.slice(prefix.length).toLowerCase();
      if (isRetired(index, { group, name })) return [];
      return [
        `variable ${variable}: [${group}] has no such option` +
        didYouMean(variable, variables(names)),
      ];
    })
  );
}

/**
 * Options in groups of this program that configure other parts of Dragonflow, in any release.
 * Shared configuration files contain them, so they cause no warning.
 */
const UNUSED_ORIGINAL_OPTIONS: Readonly<Record<string, ReadonlySet<string>>> = {
  df: new Set([
    "apps_list",
    "auto_detect_port_behind_port",
    "datapath_layout_path",
    "db_sync_time",
    "distributed_lock_ttl",
    "enable_df_db_consistency",
    "enable_dpdk",
    "enable_neutron_notifier",
    "enable_port_status_notifier",
    "enable_virtual_tunnel_port",
    "ex_peer_patch_port",
    "external_host_ip",
    "external_host_mac",
    "external_network_bridge",
    "int_peer_patch_port",
    "integration_bridge",
    "is_monitor_tables",
    "metadata_interface",
    "neutron_listener_report_delay",
    "neutron_listener_report_interval",
    "neutron_notifier",
    "ovsdb_local_address",
    "port_status_notifier",
    "report_interval",
    "service_down_time",
    "tunnel_type",
    "tunnel_types",
    "use_centralized_ipv6_DHCP",
    "vhost_sock_dir",
    "vif_type",
  ]),
  df_redis: new Set(["batch_amount", "retries"]),
};

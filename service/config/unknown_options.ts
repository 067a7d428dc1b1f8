import { didYouMean } from "./edit_distance.ts";
import type { Environment } from "./environment_layer.ts";
import type { Layer } from "./layer.ts";
import type { OptionIndex } from "./option_index.ts";
import { normalGroup, variableOf } from "./option_name.ts";
import { isRetired } from "./retired_options.ts";

/**
 * A warning for each option that stands in a group of the table without being in the table, which
 * is most often a slip. Options of the original that are not used here, and those of earlier
 * releases, give none.
 */
export function unknownInLayers(index: OptionIndex, layers: readonly Layer[]): string[] {
  return layers.flat().flatMap(({ written, origin }) => {
    const group = normalGroup(written.group);
    if (!index.groups.has(group) || index.find(written) !== undefined) return [];
    if (UNUSED_ORIGINAL_OPTIONS[group]?.has(written.name)) return [];
    if (isRetired(index, written)) return [];
    const hint = didYouMean(written.name, index.namesIn(group));
    return [`${origin}: [${group}] has no option "${written.name}"${hint}`];
  });
}

/** The same for variables that begin as those of a group do. */
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
 * Options in groups of this program that concern the other parts of Dragonflow, of any release.
 * They stand in files that are shared with it, so they are no mistake and give no warning.
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

/**
 * Options in groups of this program that concern the other parts of Dragonflow, of any release.
 * They stand in files that are shared with it, so they are no mistake and give no warning.
 */
export const UNUSED_ORIGINAL_OPTIONS: Readonly<Record<string, ReadonlySet<string>>> = {
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

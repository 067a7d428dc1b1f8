/**
 * Options of `[df]` in releases of Dragonflow that concern its other parts. They stand in files
 * that are shared with it, so they are no mistake and are passed over in silence.
 */
export const UNUSED_ORIGINAL_OPTIONS: ReadonlySet<string> = new Set([
  "apps_list",
  "datapath_layout_path",
  "db_sync_time",
  "distributed_lock_ttl",
  "enable_df_db_consistency",
  "enable_dpdk",
  "enable_neutron_notifier",
  "enable_port_status_notifier",
  "enable_virtual_tunnel_port",
  "external_host_ip",
  "integration_bridge",
  "metadata_interface",
  "neutron_notifier",
  "ovsdb_local_address",
  "port_status_notifier",
  "publisher_multiproc_socket",
  "report_interval",
  "service_down_time",
  "tunnel_type",
  "tunnel_types",
  "use_centralized_ipv6_DHCP",
  "vhost_sock_dir",
  "vif_type",
]);

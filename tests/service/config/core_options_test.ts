import assert from "node:assert/strict";
import type { OptionDef } from "../../../drivers/contract/option.ts";
import * as shared from "../../../drivers/contract/options.ts";
import { driverOptions } from "../../../drivers/registry.ts";
import { ConfigError } from "../../../service/config/config_error.ts";
import { coreOptions } from "../../../service/config/options/core_options.ts";
import * as host from "../../../service/config/options/host.ts";
import { publishersIps } from "../../../service/config/options/publishers.ts";
import { load } from "./config_fixture.ts";

Deno.test("coreOptions have the original's names and defaults, when no option is set", async () => {
  const config = await load({ table: coreOptions });
  const values = Object.fromEntries(
    config.entries().map(({ option, value }) => [config.nameOf(option), value]),
  );
  assert.deepEqual(values, {
    "DEFAULT.debug": "false",
    "DEFAULT.host": "",
    "df.drain_timeout": "5",
    "df.enable_df_pub_sub": "false",
    "df.enable_selective_topology_distribution": "false",
    "df.http_address": "127.0.0.1:8868",
    "df.recorder_bytes": "268435456",
    "df.recorder_path": "",
    "df.http_allowed_hosts": "",
    "df.http_page": "true",
    "df.http_token_file": "",
    "df.http_tls_ca_file": "",
    "df.http_tls_cert_file": "",
    "df.http_tls_key_file": "",
    "df.http_tls_allowed_names": "",
    "df.local_ip": "127.0.0.1",
    "df.log_format": "auto",
    "df.log_level": "auto",
    "df.management_ip": "127.0.0.1",
    "df.monitor_table_poll_time": "30",
    "df.monitor_tables": "chassis,publisher",
    "df.nb_db_class": "sqlite_nb_db_driver",
    "df.pub_sub_change_queue_bytes": "268435456",
    "df.pub_sub_change_queue_size": "100000",
    "df.pub_sub_driver": "zmq_pubsub_driver",
    "df.pub_sub_max_event_bytes": "1048576",
    "df.pub_sub_multiproc_driver": "zmq_pubsub_multiproc_driver",
    "df.pub_sub_read_missing_values": "true",
    "df.pub_sub_send_timeout": "5",
    "df.pub_sub_sync_interval": "5",
    "df.pub_sub_sync_jitter": "1",
    "df.pub_sub_use_multiproc": "auto",
    "df.pub_sub_wire_format": "map",
    "df.publisher_bind_address": "*",
    "df.publisher_id_name": "",
    "df.publisher_port": "8866",
    "df.publisher_rate_limit_count": "2",
    "df.publisher_rate_limit_timeout": "30",
    "df.publisher_row_on_stop": "auto",
    "df.publisher_timeout": "300",
    "df.publisher_transport": "tcp",
    "df.publishers_ips": "127.0.0.1",
    "df.remote_db_hosts": "127.0.0.1:4001",
    "df.remote_db_ip": "127.0.0.1",
    "df.remote_db_port": "4001",
    "df.stale_publisher_poll_time": "10",
    "df.table_monitor_announce_existing": "true",
  });
});

Deno.test("coreOptions keep management_ip and local_ip apart, when a file sets both", async () => {
  const on = {
    "dragonflow.ini": "[df]\nlocal_ip = 172.24.0.1\nmanagement_ip = 10.0.0.1\n" +
      "remote_db_port = 6379\n",
  };
  const config = await load({ table: coreOptions, on });
  assert.equal(config.get(host.localIp), "172.24.0.1");
  assert.equal(config.get(host.managementIp), "10.0.0.1");
  assert.deepEqual(config.get(publishersIps), ["10.0.0.1"]);
  assert.deepEqual(config.get(shared.remoteDbHosts), ["127.0.0.1:6379"]);
});

for (const text of ["local_ip = 192.168.1.5", "local_ip = 192.168.1.5\nmanagement_ip ="]) {
  Deno.test(`coreOptions use local_ip as management_ip, when a file contains ${JSON.stringify(text)}`, async () => {
    const config = await load({ table: coreOptions, on: { "dragonflow.ini": `[df]\n${text}\n` } });
    assert.equal(config.get(host.managementIp), "192.168.1.5");
    assert.deepEqual(config.get(publishersIps), ["192.168.1.5"]);
  });
}

Deno.test("coreOptions each have one sentence of help without a final period", () => {
  for (const { name, help } of coreOptions) {
    assert.match(help, /^[A-Z].*[^.]$|^host:port /, name);
  }
});

async function accepts(option: OptionDef, text: string): Promise<boolean> {
  const overrides = [`${option.group}.${option.name}=${text}`];
  try {
    await load({ table: [option], overrides });
    return true;
  } catch (error) {
    if (error instanceof ConfigError) return false;
    throw error;
  }
}

Deno.test("local_ip accepts every text that is a valid address or name", async () => {
  for (const text of ["10.0.0.1", "255.255.255.255", "::1", "fe80::1%eth0", "node-1.example.org"]) {
    assert.ok(await accepts(host.localIp, text), text);
  }
  for (const text of ["10.0.0.300", "10.0.0", "1.2.3.4.5", "1.2.3.4.", "a b", "tcp://h", "a,b"]) {
    assert.ok(!await accepts(host.localIp, text), text);
  }
  for (const text of ["10.0.0.1:8866", "node-1:8866", "1:2", ":", "[::1]", "[10.0.0.1]", "::g"]) {
    assert.ok(!await accepts(host.localIp, text), text);
  }
});

Deno.test("publishers_ips accepts a list of hosts, without ports, schemes, quotes or empty items", async () => {
  for (const text of ["", "10.0.0.1, node-1.example.org,", "::1,[fe80::1%eth0]"]) {
    assert.ok(await accepts(publishersIps, text), text);
  }
  for (
    const text of ["10.0.0.1:8866", "tcp://10.0.0.1", "['10.0.0.1']", "[10.0.0.1]", "a,,b", "*"]
  ) {
    assert.ok(!await accepts(publishersIps, text), text);
  }
});

Deno.test("publisher_bind_address accepts every address that a socket can bind", async () => {
  for (const text of ["*", "0.0.0.0", "::", "[::1]", "eth0"]) {
    assert.ok(await accepts(shared.publisherBindAddress, text), text);
  }
  for (const text of ["**", "tcp://*", "a b"]) {
    assert.ok(!await accepts(shared.publisherBindAddress, text), text);
  }
});

Deno.test("an option of a path expands ~/ to the home directory, after its references", async () => {
  const table = [...coreOptions, ...driverOptions];
  const on = {
    "a.conf": "[DEFAULT]\nstate_path = ~/state\n[df]\nsqlite_path = $state_path/rows\n",
  };
  const overrides = [
    "df.http_token_file=~/token",
    "df.recorder_path=/~/a~/",
    "df.publisher_id_name=~",
  ];
  const config = await load({ table, on, overrides });
  const paths = config.entries().filter(({ origin }) => origin !== "default");
  assert.deepEqual(paths.map(({ value }) => value).sort(), [
    "/home/ada/state/rows",
    "/home/ada/token",
    "/~/a~/",
    "~",
  ]);
  const named = table.filter(({ name }) => /(_path|_file|_socket|^library)$/.test(name));
  assert.deepEqual(named.filter(({ isPath }) => !isPath), []);
});

Deno.test("remote_db_port refuses 0, as a server has no such port", async () => {
  assert.ok(await accepts(shared.remoteDbPort, "1"));
  assert.ok(!await accepts(shared.remoteDbPort, "0"));
});

Deno.test("nb_db_class is the original's default, etcd, where a remote database is named", async () => {
  const classOf = async (overrides: readonly string[]) => {
    const config = await load({ table: coreOptions, overrides });
    const { value, origin } = config.entryOf(host.nbDbClass);
    return [value, origin];
  };
  assert.deepEqual(await classOf([]), ["sqlite_nb_db_driver", "default"]);
  assert.deepEqual(await classOf(["df.remote_db_ip=192.0.2.1"]), [
    "etcd_nb_db_driver",
    "default, as remote_db_ip is set",
  ]);
  const empty = ["df.remote_db_ip=", "df.remote_db_port= "];
  assert.deepEqual(await classOf(empty), ["sqlite_nb_db_driver", "default"]);
  assert.deepEqual((await classOf(["df.remote_db_hosts="]))[0], "etcd_nb_db_driver");
  const redis = ["df.remote_db_hosts=a:1", "df.pub_sub_driver=redis_stream_pubsub_driver"];
  assert.deepEqual(await classOf(redis), ["sqlite_nb_db_driver", "default"]);
  assert.deepEqual(await classOf(["df.remote_db_hosts=a:1", "df.nb_db_class=redis"]), [
    "redis",
    "--set",
  ]);
});

// Configuration files of the original that name etcd, and a peer that sends the original's requests.
import assert from "node:assert/strict";
import { openEtcdAt } from "../support/etcd/db.ts";
import { askEtcdPeer, startEtcdPeer } from "../support/etcd/peer.ts";
import { Deployment } from "../support/deployment.ts";
import { EtcdServer } from "../support/etcd/server.ts";
import { printedEvents } from "../support/events.ts";
import type { Program } from "../support/program.ts";

/** A set of files, in the order in which programs of the original read them. */
type Sample = (host: string, port: string) => readonly string[];

/** What every part of a deployment of the original reads besides. */
const NEUTRON = `[DEFAULT]
core_plugin = neutron.plugins.ml2.plugin.Ml2Plugin
service_plugins = df-l3,qos
metadata_proxy_shared_secret = unknown
dhcp_agent_notification = False
notify_nova_on_port_status_changes = True
allow_overlapping_ips = True
[ml2]
mechanism_drivers = df
tenant_network_types = geneve
`;

const CONTAINER: Sample = (host, port) => [`[DEFAULT]

[df]
nb_db_class = etcd_nb_db_driver
remote_db_hosts = ${host}:${port}
enable_df_pub_sub = True
pub_sub_driver = etcd_pubsub_driver
enable_selective_topology_distribution = False
local_ip = 127.0.0.1
management_ip = 127.0.0.1
publisher_rate_limit_count = 1
publisher_rate_limit_timeout = 180
monitor_table_poll_time = 30
enable_neutron_notifier = False
enable_dpdk = False
auto_detect_port_behind_port = False
integration_bridge = br-int
tunnel_types = vxlan,geneve,gre
apps_list = portbinding,l2,l3_proactive,dhcp,dnat,sg,portsec
datapath_layout_path=/etc/dragonflow/dragonflow_datapath_layout.yaml

[df_l2_app]
l2_responder = True

[df_loadbalancer]
auto_enable_vip_ports = True

[df_metadata]
metadata_interface = tap-metadata
port = 18080
ip = 127.0.0.1
`];

const DEVELOPER: Sample = (host, port) => [
  NEUTRON,
  `[df]
remote_db_hosts = ${host}:${port}
nb_db_class = etcd_nb_db_driver
enable_df_pub_sub = True
pub_sub_driver = zmq_pubsub_driver
enable_selective_topology_distribution = True
monitor_table_poll_time = 30
publisher_rate_limit_timeout = 180
publisher_rate_limit_count = 1
management_ip = 127.0.0.1
local_ip = 127.0.0.1
external_host_ip = 192.0.2.1
tunnel_types = geneve
integration_bridge = br-int
use_centralized_ipv6_DHCP = True
[df_zmq]
ipc_socket = /nonexistent/zmq-publisher-socket
[df_snat_app]
external_network_bridge = br-ex
`,
  "[df]\npub_sub_driver = zmq_bind_pubsub_driver\nenable_df_pub_sub = False\n",
];

const BY_HAND: Sample = (host, port) => [
  NEUTRON,
  `[df]
metadata_interface = tap-metadata
enable_selective_topology_distribution = True
apps_list = l2_app.L2App,l3_proactive_app.L3ProactiveApp,dhcp_app.DHCPApp
integration_bridge = br-int
tunnel_type = geneve
remote_db_ip = ${host}
remote_db_port = ${port}
enable_df_pub_sub = True
pub_sub_driver = etcd_pubsub_driver
publisher_rate_limit_count = 1
publisher_rate_limit_timeout = 180
monitor_table_poll_time = 30
[df_dnat_app]
external_network_bridge = br-ex
int_peer_patch_port = patch-ex
ex_peer_patch_port = patch-int
[df_metadata]
ip = 169.254.169.254
port = 18080
`,
];

const SAMPLES: Readonly<Record<string, Sample>> = {
  "of a container": CONTAINER,
  "of a developer's host with ZeroMQ": DEVELOPER,
  "that name no driver of the database": BY_HAND,
};

/** Only these are not from the files: two services of one host cannot have the same. */
const OWN = { "df.monitor_tables": "chassis" };

/** Writes the files of a sample. @returns the flags that name them */
async function write(deployment: Deployment, sample: Sample, address: string): Promise<string[]> {
  const [host = "", port = ""] = address.split(":");
  const flags: string[] = [];
  for (const [at, text] of sample(host, port).entries()) {
    const path = deployment.path(`${at}.ini`);
    await Deno.writeTextFile(path, text);
    flags.push("--config-file", path);
  }
  return flags;
}

async function started(program: Program, said: RegExp): Promise<Program> {
  try {
    await program.stderr.waitFor(said);
    return program;
  } catch (error) {
    await program[Symbol.asyncDispose]();
    throw error;
  }
}

const event = (key: string, value: string) => [
  ...["--table", "lport", "--key", key, "--action", "create", "--value", value],
];

for (const [what, sample] of Object.entries(SAMPLES)) {
  Deno.test(`files of the original ${what} work as they stand, with etcd`, async () => {
    await using server = await EtcdServer.start();
    await using deployment = await Deployment.create(OWN);
    const files = await write(deployment, sample, server.addresses[0] ?? "");
    const check = await deployment.run(["config", "check", ...files]);
    assert.deepEqual([check.code, check.stderr], [0, ""]);
    await using service = await started(deployment.start(["serve", ...files]), /^READY$/m);
    const key = await server.ctl(["get", "/publisher/", "--prefix", "--keys-only"]);
    assert.match(key.output, /^\/publisher\/[0-9a-f-]{36}$/m);
    await using node = await started(
      deployment.start(["subscribe", ...files, "--table", "lport", "--count", "1"]),
      /^listening on /m,
    );
    const published = await deployment.runHere(["publish", ...files, ...event("p1", "{}")]);
    assert.equal(published.code, 0, published.stderr);
    const { code, stdout } = await node.result();
    assert.equal(code, 0);
    assert.deepEqual(printedEvents([stdout]).map((each) => each.key), ["p1"]);
    assert.equal((await service.stop()).code, 0);
  });
}

Deno.test("a peer with the original's requests and our database read each other's rows", async () => {
  await using server = await EtcdServer.start();
  const [address] = server.addresses;
  await using db = await openEtcdAt(server.addresses);
  const row = '{"id": "p1", "name": "p\\u00f6rt", "topic": "t1"}';
  await askEtcdPeer(address, "set", "lport", "p1", row);
  assert.deepEqual(await db.entries("lport"), [{ key: "p1", value: row, topic: "t1" }]);
  await db.create("lport", "p2", '{"id": "p2"}', { topic: "t2" });
  await db.set("lport", "p1", '{"id": "p1"}');
  assert.deepEqual(await askEtcdPeer(address, "all", "lport"), {
    p1: '{"id": "p1"}',
    p2: '{"id": "p2"}',
  });
  assert.equal(await askEtcdPeer(address, "get", "lport", "p2"), '{"id": "p2"}');
  assert.deepEqual(await askEtcdPeer(address, "keys", "lport"), ["p1", "p2"]);
  assert.equal(await askEtcdPeer(address, "delete", "lport", "p2"), 1);
  await db.delete("lport", "p1");
  assert.equal(await askEtcdPeer(address, "delete", "lport", "p1"), 0);
  assert.deepEqual(await db.keys("lport"), []);
  assert.equal(await askEtcdPeer(address, "allocate", "lport"), 1);
  assert.equal(await db.allocateUniqueKey("lport"), 2);
  assert.equal(await askEtcdPeer(address, "allocate", "lport"), 3);
});

Deno.test("a peer with the original's requests and our programs receive each other's events", async () => {
  await using server = await EtcdServer.start();
  const [address = ""] = server.addresses;
  await using deployment = await Deployment.create(OWN);
  const files = await write(deployment, CONTAINER, address);
  await using peer = startEtcdPeer(address, ["watch", "D", "2"]);
  await peer.stdout.waitFor(/"ready"/);
  await using node = await started(
    deployment.start(["subscribe", ...files, "--count", "2"]),
    /^listening on /m,
  );
  assert.equal(
    (await deployment.runHere(["publish", ...files, ...event("ours", '{"a": 1}')])).code,
    0,
  );
  await askEtcdPeer(address, "publish", "D", "lport", "theirs", "set", '{"id": "theirs"}');
  const { stdout } = await node.result();
  const received = stdout.trimEnd().split("\n").map((line) => {
    const { table, key, action, value, topic } = JSON.parse(line);
    return { table, key, action, value, topic };
  });
  assert.deepEqual(received, [
    { topic: "D", table: "lport", key: "ours", action: "create", value: '{"a": 1}' },
    { topic: "D", table: "lport", key: "theirs", action: "set", value: '{"id": "theirs"}' },
  ]);
  const [, ours, theirs] = (await peer.result()).stdout.trimEnd().split("\n").map((line) =>
    JSON.parse(line)
  );
  const wanted = { table: "lport", topic: "D" };
  assert.deepEqual(ours, { ...wanted, key: "ours", action: "create", value: '{"a": 1}' });
  assert.deepEqual(theirs, { ...wanted, key: "theirs", action: "set", value: '{"id": "theirs"}' });
});

Deno.test("a publisher's row of the original is listed as alive", async () => {
  await using server = await EtcdServer.start();
  const [address = ""] = server.addresses;
  await using deployment = await Deployment.create(OWN);
  const files = await write(deployment, BY_HAND, address);
  const row = {
    id: "717f2d44-9945-54fb-a0f9-83d142f077c7",
    last_activity_timestamp: Date.now() / 1000,
    uri: "tcp://192.0.2.9:8866",
  };
  await askEtcdPeer(address, "set", "publisher", row.id, JSON.stringify(row));
  const { stdout } = await deployment.runHere(["publishers", "list", ...files]);
  const [found] = stdout.trimEnd().split("\n").map((line) => JSON.parse(line));
  assert.deepEqual([found.id, found.uri, found.state], [row.id, row.uri, "alive"]);
});

import assert from "node:assert/strict";
import { stringOption } from "../../../drivers/contract/option.ts";
import { loadConfig } from "../../../service/config/load_config.ts";
import { localIp } from "../../../service/config/options/host.ts";
import * as fixture from "./config_fixture.ts";
import { load } from "./config_fixture.ts";

Deno.test("loadConfig returns interpolated defaults of every type, when no option is set", async () => {
  const config = await load();
  const portValue: number = config.get(fixture.port);
  const formatValue: "map" | "json" = config.get(fixture.format);
  assert.equal(portValue, 8866);
  assert.equal(formatValue, "map");
  assert.equal(config.get(fixture.pollTime), 30);
  assert.equal(config.get(fixture.enabled), false);
  assert.deepEqual(config.get(fixture.hosts), ["127.0.0.1:8866"]);
  assert.equal(config.get(fixture.socket), "/home/ada/socket");
  assert.deepEqual(config.warnings, []);
});

Deno.test("loadConfig uses the later source, when every kind of source sets an option", async () => {
  const on = {
    "a.ini": "[df]\npublisher_port = 1\n",
    "b.ini": "[df]\npublisher_port = 2\n",
    "conf.d/10.conf": "[df]\npublisher_port = 3\n",
    "conf.d/09.conf": "[df]\npublisher_port = 4\n",
    "conf.d/99.ini": "[df]\npublisher_port = x\n",
    "conf.d/.99.conf": "[df]\npublisher_port = x\n",
  };
  const sources = { on, files: [] };
  const ports = [
    await load({ ...sources, files: ["a.ini"] }),
    await load({ ...sources, files: ["a.ini", "b.ini"] }),
    await load({ ...sources, files: ["b.ini", "a.ini"] }),
    await load({ ...sources, files: ["a.ini", "conf.d/"] }),
    await load({ ...sources, files: ["conf.d/", "a.ini"] }),
    await load({ ...sources, files: ["conf.d/"], env: { OS_DF__PUBLISHER_PORT: "5" } }),
    await load({
      ...sources,
      env: { OS_DF__PUBLISHER_PORT: "5" },
      overrides: ["df.publisher_port=6"],
    }),
    await load({ ...sources, overrides: ["df.publisher_port=6", "DF.publisher_port=7"] }),
  ].map((config) => config.get(fixture.port));
  assert.deepEqual(ports, [1, 2, 1, 3, 1, 5, 6, 7]);
});

Deno.test("loadConfig accepts aliases in variables and overrides", async () => {
  const env = { OS_DF__MANAGEMENT_IP: "10.0.0.1", OS_DF_ZMQ__IPC_SOCKET: "/s" };
  const fromEnv = await load({ env });
  assert.equal(fromEnv.get(fixture.address), "10.0.0.1");
  assert.equal(fromEnv.get(fixture.socket), "/s");
  const overrides = ["df.local_ip=10.0.0.2", "df.management_ip=10.0.0.3"];
  assert.equal((await load({ env, overrides })).get(fixture.address), "10.0.0.3");
});

Deno.test("loadConfig prefers the option's own name, when a variable also sets an alias", async () => {
  const env = { OS_DF__MANAGEMENT_IP: "10.0.0.1", OS_DF__LOCAL_IP: "10.0.0.2" };
  assert.equal((await load({ env })).get(fixture.address), "10.0.0.2");
});

Deno.test("loadConfig uses an override unchanged, when it has quotes, blanks and signs", async () => {
  const config = await load({ overrides: ['df_redis.uri= "a=b.c" ', "df.publishers=a,b"] });
  assert.equal(config.get(fixture.uri), ' "a=b.c" ');
  assert.deepEqual(config.get(fixture.hosts), ["a", "b"]);
});

Deno.test("loadConfig uses the default, when a number, boolean or choice is empty", async () => {
  const text = "[df]\npublisher_port =\npoll_time =\nenable_df_pub_sub =\nwire_format =\n";
  const config = await load({ on: { "b.ini": text }, overrides: ["df.publisher_port= "] });
  assert.equal(config.get(fixture.port), 8866);
  assert.equal(config.get(fixture.pollTime), 30);
  assert.equal(config.get(fixture.enabled), false);
  assert.equal(config.get(fixture.format), "map");
  const origins = new Set(config.entries().map(({ origin }) => origin));
  assert.deepEqual(origins, new Set(["default"]));
});

Deno.test("loadConfig uses the default, when an address is empty", async () => {
  const config = await load({ table: [localIp], overrides: ["df.local_ip="] });
  assert.equal(config.get(localIp), "127.0.0.1");
});

Deno.test("loadConfig keeps the empty value, when a text or a list is empty", async () => {
  const on = { "a.ini": "[df]\nlocal_ip =\npublishers =\n" };
  const config = await load({ on });
  assert.equal(config.get(fixture.address), "");
  assert.deepEqual(config.get(fixture.hosts), []);
});

Deno.test("loadConfig expands the home directory, when a path begins with ~", async () => {
  const io = fixture.memoryIo({ "/home/ada/a.ini": "[df]\npublisher_port = 1\n" });
  const { table, facts } = fixture;
  const config = await loadConfig({ table, facts, io, files: ["~/a.ini"] });
  assert.equal(config.get(fixture.port), 1);
});

Deno.test("loadConfig uses a dollar sign literally, when it comes from the facts of the host", async () => {
  const config = await load({ facts: { ...fixture.facts, home: "/home/$host" } });
  assert.equal(config.get(fixture.socket), "/home/$host/socket");
});

Deno.test("loadConfig refuses the table, when two options have the same name", async () => {
  const other = stringOption({ group: "ovs", name: "tunnel_ip", default: "", help: "Other" });
  await assert.rejects(load({ table: [...fixture.table, other] }), {
    name: "TypeError",
    message: 'Option table "ovs.tunnel_ip": claimed by df.local_ip and by ovs.tunnel_ip',
  });
});

Deno.test("loadConfig accepts the table, when two drivers list the same option", async () => {
  const config = await load({ table: [fixture.port, fixture.port] });
  assert.equal(config.entries().length, 1);
});

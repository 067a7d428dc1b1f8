import assert from "node:assert/strict";
import * as fixture from "./config_fixture.ts";
import { coreOptions } from "../../../service/config/options/core_options.ts";
import { localIp } from "../../../service/config/options/host.ts";
import { load, problemsOf } from "./config_fixture.ts";
import { showConfig } from "../../../cli/config/config.ts";

const NEUTRON = "[DEFAULT]\nstate_path = /var/lib/$service\nservice = neutron\nbind_host = h\n";
const DRAGONFLOW = "[df]\npublisher_multiproc_socket = $state_path/socket\n";

Deno.test("loadConfig resolves an option of another service, when a file sets it", async () => {
  const config = await load({ on: { "neutron.conf": NEUTRON, "dragonflow.ini": DRAGONFLOW } });
  assert.equal(config.get(fixture.socket), "/var/lib/neutron/socket");
  assert.deepEqual(config.warnings, []);
});

Deno.test("loadConfig resolves such an option from its own group, from another group and from a variable", async () => {
  const on = {
    "a.ini": NEUTRON +
      "[ml2]\nname = m\n[df]\nbind_host = own\nlocal_ip = $bind_host-${ml2.name}-$zone\n",
  };
  const config = await load({ on, env: { OS_DEFAULT__ZONE: "z" } });
  assert.equal(config.get(fixture.address), "own-m-z");
});

Deno.test("loadConfig reports file and line, when no file sets the referenced option", async () => {
  assert.deepEqual(await problemsOf({ on: { "dragonflow.ini": DRAGONFLOW } }), [
    'dragonflow.ini:2: df.publisher_multiproc_socket is "$state_path/socket": no option ' +
    '"state_path" is set in [df] or [DEFAULT] (write $$ for a dollar sign)',
  ]);
});

Deno.test("loadConfig reports the cycle, when options of other services form one", async () => {
  const on = { "a.ini": "[DEFAULT]\nx = $y\ny = $x\n[df]\nlocal_ip = $x\n" };
  const problems = await problemsOf({ on });
  assert.deepEqual(problems, [
    'a.ini:2: DEFAULT.x is "$y": its references form a cycle: ' +
    "DEFAULT.x -> DEFAULT.y -> DEFAULT.x",
  ]);
});

Deno.test("loadConfig hides a value, when it refers to a possible secret of another service", async () => {
  const on = {
    "a.ini":
      "[database]\nconnection = mysql://u:hunter2@h\n[df]\nlocal_ip = ${database.connection}\n",
  };
  const config = await load({ on });
  assert.equal(config.get(fixture.address), "mysql://u:hunter2@h");
  assert(!JSON.stringify(showConfig(config)).includes("hunter2"));
});

Deno.test("loadConfig refuses a reference to the host's name, when no source sets it", async () => {
  const table = [...coreOptions];
  const on = { "a.ini": "[df]\nlocal_ip = $host\n" };
  assert.deepEqual(await problemsOf({ table, on }), [
    'a.ini:2: df.local_ip is "$host": DEFAULT.host is not set, wanted a value for it',
  ]);
  const config = await load({ table, on: { ...on, "b.ini": "[DEFAULT]\nhost = controller\n" } });
  assert.equal(config.get(localIp), "controller");
});

import assert from "node:assert/strict";
import { stringOption } from "../../../drivers/contract/option.ts";
import * as fixture from "./config_fixture.ts";
import { load } from "./config_fixture.ts";

const TWO = "[df]\npublisher_multiproc_socket = /a\n[df_zmq]\nipc_socket = /b\n";

async function warnings(...texts: string[]): Promise<readonly string[]> {
  const on = Object.fromEntries(texts.map((text, index) => [`${index}.ini`, text]));
  return (await load({ on })).warnings;
}

Deno.test("loadConfig warns with both values, when two names of an option have different values", async () => {
  assert.deepEqual(await warnings(TWO), [
    '0.ini:4: df_zmq.ipc_socket is "/b", but 0.ini:2: df.publisher_multiproc_socket is "/a": ' +
    'these are two names of one option; "/a" is used',
  ]);
});

Deno.test("loadConfig uses the later file and says so, when the later file uses another name", async () => {
  const own = "[df]\npublisher_multiproc_socket = /a\n";
  const [warning] = await warnings(own, "[DF_ZMQ]\nipc_socket = /b\n");
  assert.equal(
    warning,
    '0.ini:2: df.publisher_multiproc_socket is "/a", but 1.ini:2: DF_ZMQ.ipc_socket is "/b": ' +
      'these are two names of one option; "/b" is used',
  );
});

Deno.test("loadConfig warns about every name with a different value, including variables", async () => {
  const on = { "a.ini": "[df]\nlocal_ip = a\nmanagement_ip = b\n[ovs]\ntunnel_ip = c\n" };
  const found = await load({ on, env: { OS_OVS__TUNNEL_IP: "d" } });
  assert.deepEqual(found.warnings.map((warning) => warning.split(", but ")[0]), [
    'a.ini:2: df.local_ip is "a"',
    'a.ini:3: df.management_ip is "b"',
  ]);
  assert.match(found.warnings[0] ?? "", /variable OS_OVS__TUNNEL_IP: ovs\.tunnel_ip is "d"/);
});

Deno.test("loadConfig gives no warning, when two names agree or --set decides", async () => {
  const same = TWO.replace("/b", "/a");
  assert.deepEqual(await warnings(same), []);
  const on = { "a.ini": "[df_zmq]\nipc_socket = /b\n" };
  const overrides = ["df.publisher_multiproc_socket=/c"];
  assert.deepEqual((await load({ on, overrides })).warnings, []);
});

Deno.test("loadConfig shows no value, when the two names belong to a secret", async () => {
  const secret = stringOption({
    group: "df_redis",
    name: "pin",
    aliases: [{ group: "df_redis", name: "code" }],
    default: "",
    secret: true,
    help: "",
  });
  const on = { "a.ini": "[df_redis]\npin = 1234\ncode = 5678\n" };
  const { warnings } = await load({ on, table: [...fixture.table, secret] });
  assert.equal(warnings.length, 1);
  assert.doesNotMatch(warnings.join(), /1234|5678/);
});

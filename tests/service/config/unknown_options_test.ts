import assert from "node:assert/strict";
import { load } from "./config_fixture.ts";

async function warnings(text: string): Promise<readonly string[]> {
  return (await load({ on: { "dragonflow.ini": text } })).warnings;
}

Deno.test("loadConfig warns with the nearest name, when a group of the table has an unlisted option", async () => {
  assert.deepEqual(await warnings("[DF]\npublisher_prot = 1\nzzz = 2\n[df_redis]\npasword = s\n"), [
    'dragonflow.ini:2: [df] has no option "publisher_prot"; did you mean "publisher_port"?',
    'dragonflow.ini:3: [df] has no option "zzz"',
    'dragonflow.ini:5: [df_redis] has no option "pasword"; did you mean "password"?',
  ]);
});

Deno.test("loadConfig suggests an alias, when the alias is nearest", async () => {
  assert.deepEqual(await warnings("[df]\nmanagment_ip = 1\n"), [
    'dragonflow.ini:2: [df] has no option "managment_ip"; did you mean "management_ip"?',
  ]);
});

Deno.test("loadConfig warns with the nearest group, when a misspelt group has an option of it", async () => {
  assert.deepEqual(
    await warnings(
      "[df-redis]\npassword = s\nx = 1\n[fd]\npublisher_port = 1\n[df_bgp]\nport = 1\n",
    ),
    [
      'dragonflow.ini:2: [df-redis] has no option "password"; did you mean [df_redis]?',
      'dragonflow.ini:5: [fd] has no option "publisher_port"; did you mean [df]?',
    ],
  );
});

Deno.test("loadConfig gives no warning, when unknown options are in other groups or in DEFAULT", async () => {
  assert.deepEqual(await warnings("[DEFAULT]\ndebug = 1\n[ml2]\nx = 1\n[ovs]\ntunel_ip = 1\n"), []);
});

Deno.test("loadConfig gives no warning, when the original knows an option that this program does not use", async () => {
  assert.deepEqual(
    await warnings("[df]\napps_list = a\ndb_sync_time = 1\ntunnel_types = gre\n"),
    [],
  );
  assert.deepEqual(
    await warnings(
      "[df]\nauto_detect_port_behind_port = true\nneutron_listener_report_interval = 25\n" +
        "is_monitor_tables = true\n[df_redis]\nretries = 5\nbatch_amount = 50\n",
    ),
    [],
  );
});

Deno.test("loadConfig warns, when a variable looks like an option of a group", async () => {
  const env = {
    OS_DF__PUBLISHER_PROT: "1",
    OS_DF__APPS_LIST: "a",
    OS_DF_REDIS__RETRIES: "5",
    OS_DF__PUBLISHER_PORT: "1",
    OS_AUTH_URL: "http://h",
    OS_ML2__X: "1",
  };
  assert.deepEqual((await load({ env })).warnings, [
    "variable OS_DF__PUBLISHER_PROT: [df] has no such option; " +
    'did you mean "OS_DF__PUBLISHER_PORT"?',
  ]);
});

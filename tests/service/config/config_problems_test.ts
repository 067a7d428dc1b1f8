import assert from "node:assert/strict";
import { ConfigError } from "../../../service/config/config_error.ts";
import { load, problemsOf } from "./config_fixture.ts";

function df(text: string): { on: Record<string, string> } {
  return { on: { "dragonflow.ini": `[df]\n${text}\n` } };
}

Deno.test("loadConfig reports file, line, option, text and expectation, when a value is invalid", async () => {
  assert.deepEqual(await problemsOf(df("\npublisher_port = 88x")), [
    'dragonflow.ini:3: df.publisher_port is "88x", wanted an integer from 0 to 65535',
  ]);
  assert.deepEqual(await problemsOf(df("enable_df_pub_sub = maybe\nwire_format = XML")), [
    'dragonflow.ini:2: df.enable_df_pub_sub is "maybe", wanted true, 1, on, yes or false, 0, off, no',
    'dragonflow.ini:3: df.wire_format is "XML", wanted one of map, json',
  ]);
});

Deno.test("loadConfig reports the variable or the override, when its value is invalid", async () => {
  assert.deepEqual(await problemsOf({ env: { OS_DF__PUBLISHER_PORT: "-1" } }), [
    'variable OS_DF__PUBLISHER_PORT: df.publisher_port is "-1", wanted an integer from 0 to 65535',
  ]);
  assert.deepEqual(await problemsOf({ overrides: ["df.poll_time=0"] }), [
    '--set: df.poll_time is "0", wanted a number from 0.05 to 3600',
  ]);
});

Deno.test("loadConfig reports both texts, when an invalid value comes from references", async () => {
  assert.deepEqual(await problemsOf(df("publisher_port = $local_ip")), [
    'dragonflow.ini:2: df.publisher_port is "127.0.0.1" (written "$local_ip"), ' +
    "wanted an integer from 0 to 65535",
  ]);
});

Deno.test("loadConfig suggests a name, when a reference is unknown", async () => {
  assert.deepEqual(await problemsOf(df("publishers = $lokal_ip")), [
    'dragonflow.ini:2: df.publishers is "$lokal_ip": no option "lokal_ip" is set in [df] or [DEFAULT]; ' +
    'did you mean "local_ip"? (write $$ for a dollar sign)',
  ]);
  assert.deepEqual(await problemsOf(df("publishers = ${df.hostt}")), [
    'dragonflow.ini:2: df.publishers is "${df.hostt}": no option "df.hostt" is set ' +
    "(write $$ for a dollar sign)",
  ]);
});

Deno.test("loadConfig reports only the root cause, when other options refer to an invalid option", async () => {
  const problems = await problemsOf(df("publisher_port = x\nlocal_ip = $publisher_port"));
  assert.deepEqual(problems, [
    'dragonflow.ini:2: df.publisher_port is "x", wanted an integer from 0 to 65535',
  ]);
});

Deno.test("loadConfig reports the whole cycle once, when references form a cycle", async () => {
  const on = {
    "dragonflow.ini": "[df]\nlocal_ip = ${df_redis.uri}\n[DEFAULT]\nhost = ${df.local_ip}\n",
  };
  assert.deepEqual(await problemsOf({ on }), [
    'dragonflow.ini:4: DEFAULT.host is "${df.local_ip}": its references form a cycle: ' +
    "DEFAULT.host -> df.local_ip -> df_redis.uri -> DEFAULT.host",
  ]);
  assert.deepEqual(await problemsOf(df("local_ip = $management_ip")), [
    'dragonflow.ini:2: df.local_ip is "$management_ip": its references form a cycle: ' +
    "df.local_ip -> df.local_ip",
  ]);
});

Deno.test("loadConfig reports the alias and the option, when an alias has an invalid value", async () => {
  const on = { "dragonflow.ini": "[df]\nmanagement_ip = $nobody\n" };
  const [problem] = await problemsOf({ on });
  assert.match(
    problem ?? "",
    /^dragonflow\.ini:2: df\.management_ip \(an alias of df\.local_ip\) is/,
  );
});

Deno.test("loadConfig reports unreadable paths, when files and directories are missing", async () => {
  assert.deepEqual(await problemsOf({ files: ["/etc/a.ini", "/etc/a.d/"] }), [
    'Configuration directory "/etc/a.d" cannot be read: no such directory',
    'Configuration file "/etc/a.ini" cannot be read: no such file',
  ]);
});

Deno.test("loadConfig reports syntax, values and overrides together, when all are invalid", async () => {
  const given = { ...df("publisher_port = x\nnonsense"), overrides: ["df.nothing=1"] };
  const problems = [
    'dragonflow.ini:3: the line has no "=" or ":", wanted name = value',
    '--set "df.nothing": no such option',
    'dragonflow.ini:2: df.publisher_port is "x", wanted an integer from 0 to 65535',
  ];
  assert.deepEqual(await problemsOf(given), problems);
  await assert.rejects(load(given), (error) => {
    assert.ok(error instanceof ConfigError);
    assert.equal(error.message, ["The configuration has 3 errors:", ...problems].join("\n  "));
    return true;
  });
});

Deno.test("loadConfig explains the syntax, when an override is malformed", async () => {
  const overrides = ["publisher_port=1", "df.publisher_port", "df.publisher_prot=1"];
  assert.deepEqual(await problemsOf({ overrides }), [
    '--set "publisher_port": wanted group.option=value',
    '--set "df.publisher_port": wanted group.option=value',
    '--set "df.publisher_prot": no such option; did you mean "df.publisher_port"?',
  ]);
});

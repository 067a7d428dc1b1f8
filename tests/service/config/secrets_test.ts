import assert from "node:assert/strict";
import * as fixture from "./config_fixture.ts";
import { intOption } from "../../../drivers/contract/option.ts";
import { load, problemsOf } from "./config_fixture.ts";
import { showConfig } from "../../../cli/config/config.ts";

const SECRET = "hunter2";
const pin = intOption({
  group: "df_redis",
  name: "pin",
  min: 0,
  max: 9999,
  default: "0",
  secret: true,
  help: "A secret number",
});

Deno.test("EffectiveConfig shows a secret only to code that reads it, when it is set", async () => {
  const config = await load({ on: { "a.ini": `[df_redis]\npassword = ${SECRET}\n` } });
  assert.equal(config.get(fixture.password), SECRET);
  const shown = showConfig(config).find(({ name }) => name === "password");
  assert.equal(shown?.value, "***");
  const everything = JSON.stringify([config, config.entries(), showConfig(config)]) +
    Deno.inspect(config, { depth: 10 });
  assert.ok(!everything.includes(SECRET));
});

Deno.test("EffectiveConfig hides a value, when a secret is part of it", async () => {
  const text = `[df_redis]\npassword = ${SECRET}\nuri = redis://:$password@h\n` +
    "[df]\nlocal_ip = ${df_redis.uri}\n";
  const config = await load({ on: { "a.ini": text } });
  assert.equal(config.get(fixture.uri), `redis://:${SECRET}@h`);
  assert.ok(!JSON.stringify(showConfig(config)).includes(SECRET));
  const hidden = showConfig(config).filter(({ value }) => value === "***");
  assert.deepEqual(hidden.map(({ name }) => name), [
    "local_ip",
    "publishers",
    "password",
    "uri",
  ]);
});

Deno.test("loadConfig hides a value, when it contains a login", async () => {
  for (const login of [`redis://u:${SECRET}@h:1`, `redis://:${SECRET}@h`, `h:2,u:${SECRET}@h:1`]) {
    const config = await load({ on: { "a.ini": `[df]\nlocal_ip = ${login}\n` } });
    assert.equal(config.get(fixture.address), login);
    assert.ok(!JSON.stringify([config.entries(), showConfig(config)]).includes(SECRET));
    assert.deepEqual(await problemsOf({ on: { "a.ini": `[df]\npublisher_port = ${login}\n` } }), [
      "a.ini:2: df.publisher_port is ***, wanted an integer from 0 to 65535",
    ]);
  }
});

Deno.test("loadConfig hides the text, when a secret is invalid", async () => {
  const table = [...fixture.table, pin];
  const on = { "a.ini": `[df_redis]\npin = ${SECRET}\npassword = a$${SECRET}\n` };
  assert.deepEqual(await problemsOf({ table, on }), [
    "a.ini:3: df_redis.password is ***: it refers to an option that is not set anywhere " +
    "(write $$ for a dollar sign)",
    "a.ini:2: df_redis.pin is ***, wanted an integer from 0 to 9999",
  ]);
});

Deno.test("loadConfig hides the text, when an invalid value contains a secret", async () => {
  const on = {
    "a.ini": `[df_redis]\npassword = ${SECRET}\n[df]\npublisher_port = \${df_redis.password}\n`,
  };
  assert.deepEqual(await problemsOf({ on }), [
    "a.ini:4: df.publisher_port is ***, wanted an integer from 0 to 65535",
  ]);
});

Deno.test("loadConfig refuses a secret on the command line, when an override sets it", async () => {
  assert.deepEqual(await problemsOf({ overrides: [`df_redis.password=${SECRET}`] }), [
    '--set "df_redis.password": it is a secret, and other users can see command lines: ' +
    "set it in a configuration file or in the variable OS_DF_REDIS__PASSWORD",
  ]);
});

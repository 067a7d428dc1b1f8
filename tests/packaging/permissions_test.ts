import assert from "node:assert/strict";
import { optionTable } from "../../cli/composition.ts";
import { CONFIG_VARIABLE } from "../../cli/flags/find_config.ts";
import { forExecutable } from "../../cli/terminal/denied_access.ts";
import { permissionFlags, VARIABLES } from "../../packaging/permissions.ts";
import { variableOf } from "../../service/config/option_name.ts";

Deno.test("permissionFlags never allows everything, and never prompts", () => {
  const flags = permissionFlags();
  assert(flags.includes("--no-prompt"));
  for (const all of ["-A", "--allow-all", "--allow-env", "--allow-sys"]) {
    assert(!flags.includes(all), all);
  }
});

Deno.test("permissionFlags allows reading the variables of every option, and those that locate files", () => {
  const allowed = VARIABLES.map((name) => new RegExp(`^${name.replace("*", ".*")}$`));
  const places = [CONFIG_VARIABLE, "XDG_CONFIG_HOME", "XDG_CACHE_HOME"];
  for (const name of [...optionTable.map(variableOf), ...places]) {
    assert(allowed.some((pattern) => pattern.test(name)), name);
  }
});

Deno.test("forExecutable says what the executable may not do, for each text of the runtime, and keeps other texts", async () => {
  const denied = `
    for (const attempt of [
      () => Deno.openSync("/dev/full", { write: true }),
      () => Deno.env.get("SECRET"),
      () => Deno.osRelease(),
    ]) {
      try { attempt(); } catch (error) { console.log(error.message); }
    }`;
  const args = [
    "run",
    "--no-config",
    ...permissionFlags(),
    `data:text/javascript,${encodeURI(denied)}`,
  ];
  const { stdout, stderr } = await new Deno.Command(Deno.execPath(), { args }).output();
  const text = new TextDecoder();
  const texts = text.decode(stdout).trim().split("\n");
  assert.equal(texts.length, 3, text.decode(stderr));
  for (const each of texts) assert.match(each, /run again with the --allow-/);
  assert.deepEqual(texts.map((each) => forExecutable(each, true)), [
    'the executable has no write access to "/dev/full": it never writes to directories of the system',
    'the executable has no env access to "SECRET"',
    'the executable has no sys access to "osRelease"',
  ]);
  const compiled =
    'Requires write access to "/dev/full", specify the required permissions during ' +
    "compilation using `deno compile --allow-write`";
  assert.equal(forExecutable(compiled, true), forExecutable(texts[0] ?? "", true));
  assert.equal(forExecutable("Cannot open: no such file", true), "Cannot open: no such file");
  assert.deepEqual(texts.map((each) => forExecutable(each)), texts, "unless it is the executable");
});

import assert from "node:assert/strict";
import { optionTable } from "../../cli/composition.ts";
import { CONFIG_VARIABLE } from "../../cli/flags/find_config.ts";
import { permissionFlags, VARIABLES } from "../../packaging/permissions.ts";
import { variableOf } from "../../service/config/option_name.ts";

Deno.test("permissionFlags never allows everything, and never prompts", () => {
  const flags = permissionFlags();
  assert(flags.includes("--no-prompt"));
  for (const all of ["-A", "--allow-all", "--allow-run", "--allow-env", "--allow-sys"]) {
    assert(!flags.includes(all), all);
  }
});

Deno.test("permissionFlags allows reading the variables of every option, and those that locate files", () => {
  const allowed = VARIABLES.map((name) => new RegExp(`^${name.replace("*", ".*")}$`));
  const places = [CONFIG_VARIABLE, "XDG_CONFIG_HOME"];
  for (const name of [...optionTable.map(variableOf), ...places]) {
    assert(allowed.some((pattern) => pattern.test(name)), name);
  }
});

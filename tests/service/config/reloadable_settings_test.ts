import assert from "node:assert/strict";
import { stringOption } from "../../../drivers/contract/option.ts";
import { loadConfig } from "../../../service/config/load_config.ts";
import { ReloadableSettings } from "../../../service/config/reloadable_settings.ts";

const spec = { group: "df", default: "", help: "For a test" };
const port = stringOption({ ...spec, name: "port" });
const level = stringOption({ ...spec, name: "level", reloadable: true });
const password = stringOption({ ...spec, name: "password", reloadable: true, secret: true });
const login = stringOption({ ...spec, name: "login", reloadable: true, default: "me:$password" });
const table = [port, level, password, login];

/** The configuration of these variables, as secrets may not be in arguments. */
function configOf(variables: Readonly<Record<string, string>>) {
  return loadConfig({
    table,
    env: variables,
    facts: { isRoot: false, home: "/", runtimeDirectory: "/" },
    io: {
      readFile: () => Promise.reject(new Error("no files here")),
      listDirectory: () => Promise.resolve([]),
    },
  });
}

Deno.test("ReloadableSettings.reload brings into force only what can be reloaded, and tells all", async () => {
  const settings = new ReloadableSettings(await configOf({ OS_DF__PORT: "1", OS_DF__LEVEL: "a" }));
  const next = await configOf({ OS_DF__PORT: "2", OS_DF__LEVEL: "b" });
  const told = () => settings.reload(next).map(({ option, from, to }) => [option.name, from, to]);
  assert.deepEqual(told(), [["port", "1", "2"], ["level", "a", "b"]]);
  assert.deepEqual([settings.get(port), settings.get(level)], ["1", "b"]);
  assert.deepEqual(told(), [["port", "1", "2"]]);
});

Deno.test("ReloadableSettings.reload tells that a secret, or what is made from one, has changed, not to what", async () => {
  const settings = new ReloadableSettings(await configOf({ OS_DF__PASSWORD: "old" }));
  const changes = settings.reload(await configOf({ OS_DF__PASSWORD: "new" }));
  assert.deepEqual(changes.map(({ option, isSecret }) => [option.name, isSecret]), [
    ["password", true],
    ["login", true],
  ]);
  assert.doesNotMatch(JSON.stringify(changes.map(({ from, to }) => [from, to])), /old|new/);
  assert.equal(settings.get(login), "me:new");
});

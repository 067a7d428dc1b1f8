import assert from "node:assert/strict";
import { stringOption } from "../../../drivers/contract/option.ts";
import { loadConfig } from "../../../service/config/load_config.ts";
import { ReloadableSettings } from "../../../service/config/reloadable_settings.ts";

const spec = { group: "df", default: "", help: "For a test" };
const port = stringOption({ ...spec, name: "port" });
const level = stringOption({ ...spec, name: "level", reloadable: true });
const password = stringOption({ ...spec, name: "password", reloadable: true, secret: true });
const login = stringOption({ ...spec, name: "login", reloadable: true, default: "me:$password" });
const file = stringOption({ ...spec, name: "file", reloadable: "if-set" });
const table = [port, level, password, login, file];

/** The configuration from these variables, because secrets must not be in arguments. */
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

Deno.test("ReloadableSettings.reload applies only reloadable options, and reports every change", async () => {
  const settings = new ReloadableSettings(await configOf({ OS_DF__PORT: "1", OS_DF__LEVEL: "a" }));
  const next = await configOf({ OS_DF__PORT: "2", OS_DF__LEVEL: "b" });
  const changes = () =>
    settings.reload(next).map(({ option, from, to }) => [option.name, from, to]);
  assert.deepEqual(changes(), [["port", "1", "2"], ["level", "a", "b"]]);
  assert.deepEqual([settings.get(port), settings.get(level)], ["1", "b"]);
  assert.deepEqual(changes(), [["port", "1", "2"]]);
});

Deno.test("ReloadableSettings.reload reports that a secret or a value with a secret has changed, and hides the value", async () => {
  const settings = new ReloadableSettings(await configOf({ OS_DF__PASSWORD: "old" }));
  const changes = settings.reload(await configOf({ OS_DF__PASSWORD: "new" }));
  assert.deepEqual(changes.map(({ option, isSecret }) => [option.name, isSecret]), [
    ["password", true],
    ["login", true],
  ]);
  assert.doesNotMatch(JSON.stringify(changes.map(({ from, to }) => [from, to])), /old|new/);
  assert.equal(settings.get(login), "me:new");
});

Deno.test("ReloadableSettings.reload applies an option that is reloadable if set, unless the old or the new value is empty", async () => {
  const reload = async (settings: ReloadableSettings, to: string) => {
    const [change] = settings.reload(await configOf({ OS_DF__FILE: to }));
    return [change?.isAdopted, settings.get(file)];
  };
  const on = new ReloadableSettings(await configOf({ OS_DF__FILE: "a" }));
  assert.deepEqual(await reload(on, "b"), [true, "b"]);
  assert.deepEqual(await reload(on, ""), [false, "b"]);
  assert.deepEqual(await reload(on, "c"), [true, "c"]);
  const off = new ReloadableSettings(await configOf({}));
  assert.deepEqual(await reload(off, "a"), [false, ""]);
  assert.deepEqual(await reload(off, ""), [undefined, ""]);
});

Deno.test("ReloadableSettings.notify waits for those who listen to reloads, until they no longer do", async () => {
  const settings = new ReloadableSettings(await configOf({}));
  const found: string[] = [];
  const listen = (name: string) =>
    settings.onReload(async () => {
      await Promise.resolve();
      found.push(name);
    });
  using _one = listen("one");
  const other = listen("other");
  await settings.notify();
  other[Symbol.dispose]();
  await settings.notify();
  assert.deepEqual(found, ["one", "other", "one"]);
});

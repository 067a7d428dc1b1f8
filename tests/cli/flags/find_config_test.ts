import assert from "node:assert/strict";
import { type ConfigFileFlags, findConfig } from "../../../cli/flags/find_config.ts";
import { FakeIo, type FakeIoOptions } from "../../support/fakes/fake_io.ts";

const USER = "/home/user/.config/df-pubsub/df-pubsub.ini";
const SYSTEM = "/etc/df-pubsub/df-pubsub.ini";
const PART = "/etc/df-pubsub/conf.d/10-redis.conf";
const ALL = { [USER]: "", [SYSTEM]: "", [PART]: "", "/xdg/df-pubsub/df-pubsub.ini": "" };

async function found(flags: ConfigFileFlags, options: FakeIoOptions) {
  return (await findConfig(flags, new FakeIo(options))).files;
}

Deno.test("findConfig uses the first of flags, DF_PUBSUB_CONFIG, the user's file and the system's files", async () => {
  const env = { DF_PUBSUB_CONFIG: "/a.ini:/b.ini" };
  assert.deepEqual(await found({ configFile: ["/c"] }, { env, files: ALL }), ["/c"]);
  assert.deepEqual(await found({ configDir: ["/d/"] }, { env, files: ALL }), ["/d/"]);
  assert.deepEqual(await found({}, { env, files: ALL }), ["/a.ini", "/b.ini"]);
  assert.deepEqual(await found({}, { files: ALL }), [USER]);
  const system = { [SYSTEM]: "", [PART]: "" };
  assert.deepEqual(await found({}, { files: system }), [SYSTEM, "/etc/df-pubsub/conf.d/"]);
  assert.deepEqual(await found({}, { files: { [PART]: "" } }), ["/etc/df-pubsub/conf.d/"]);
  assert.deepEqual(await found({}, {}), []);
});

Deno.test("findConfig finds nothing, when --no-config is given", async () => {
  const env = { DF_PUBSUB_CONFIG: "/a.ini" };
  assert.deepEqual(await found({ config: false }, { env, files: ALL }), []);
});

Deno.test("findConfig uses XDG_CONFIG_HOME, unless it is empty or relative", async () => {
  const by = (directory: string) => found({}, { env: { XDG_CONFIG_HOME: directory }, files: ALL });
  assert.deepEqual(await by("/xdg"), ["/xdg/df-pubsub/df-pubsub.ini"]);
  assert.deepEqual(await by("/xdg/"), ["/xdg/df-pubsub/df-pubsub.ini"]);
  assert.deepEqual(await by(""), [USER]);
  assert.deepEqual(await by("xdg"), [USER]);
});

Deno.test("findConfig continues with the system's files, when DF_PUBSUB_CONFIG is empty", async () => {
  assert.deepEqual(await found({}, { env: { DF_PUBSUB_CONFIG: "" }, files: ALL }), [USER]);
});

Deno.test("findConfig reports where it searched, when there is no file", async () => {
  const { whenNone } = await findConfig({}, new FakeIo());
  for (const place of [USER, SYSTEM, "/etc/df-pubsub/conf.d"]) assert(whenNone.includes(place));
});

Deno.test("findConfig warns, when the user's directory is not accessible", async () => {
  const io = new FakeIo({ files: { [SYSTEM]: "" } });
  const exists = io.exists.bind(io);
  io.exists = (path) =>
    path === USER ? Promise.reject(new Error("permission denied")) : exists(path);
  const { files, warnings } = await findConfig({}, io);
  assert.deepEqual(files, [SYSTEM]);
  assert.deepEqual(warnings, [`Configuration file "${USER}" is ignored: permission denied`]);
});

import assert from "node:assert/strict";
import { readConfig } from "../../../service/config/load_config.ts";
import { OptionIndex } from "../../../service/config/option_index.ts";
import { isRetired } from "../../../service/config/retired_options.ts";
import { highWaterMark } from "../../../drivers/_internal/zmtp/options.ts";
import { facts, memoryIo, port } from "./config_fixture.ts";

const table = [port, highWaterMark];

Deno.test("readConfig ignores options of earlier releases from every source, and reports them once", async () => {
  const { config, problems, warnings, retiredNotice } = await readConfig({
    table,
    facts,
    io: memoryIo({
      "a.ini": "[DF]\npub_sub_replay_events = many\npublisher_port = 1\n[df_zmq]\n" +
        "slow_subscriber_wait = 0.1\n",
    }),
    files: ["a.ini"],
    env: { OS_DF__PUB_SUB_REPLAY_PORT: "8867" },
    overrides: ["df.pub_sub_native_sync_interval=10"],
  });
  assert.equal(config?.get(port), 1);
  assert.deepEqual([problems, warnings], [[], []]);
  assert.equal(
    retiredNotice,
    "Ignored options of earlier releases: [df] pub_sub_replay_events (a.ini:2), " +
      "[df_zmq] slow_subscriber_wait (a.ini:5), [df] pub_sub_native_sync_interval (--set), " +
      "[df] pub_sub_replay_port (variable OS_DF__PUB_SUB_REPLAY_PORT)",
  );
});

Deno.test("readConfig reports no options of earlier releases, when none is set", async () => {
  const io = memoryIo({ "a.ini": "[df]\npublisher_port = 1\n[ml2]\npub_sub_replay_port = 1\n" });
  const { retiredNotice } = await readConfig({ table, facts, io, files: ["a.ini"] });
  assert.equal(retiredNotice, undefined);
});

Deno.test("readConfig ignores a group of another program, whatever its name", async () => {
  const io = memoryIo({ "a.ini": "[constructor]\na = 1\n[__proto__]\na = 1\n" });
  const { problems, warnings } = await readConfig({ table, facts, io, files: ["a.ini"] });
  assert.deepEqual([problems, warnings], [[], []]);
});

Deno.test("isRetired is false, when the table has the option", () => {
  const option = { ...port, name: "pub_sub_replay_port" };
  assert.equal(isRetired(new OptionIndex([option]), option), false);
  assert.equal(isRetired(new OptionIndex(table), option), true);
});

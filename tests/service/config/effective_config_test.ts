import assert from "node:assert/strict";
import { stringOption } from "../../../drivers/contract/option.ts";
import { load } from "./config_fixture.ts";
import { showConfig } from "../../../cli/config/config.ts";

Deno.test("EffectiveConfig.entries returns the origin of each value, when sources differ", async () => {
  const config = await load({
    on: { "dragonflow.ini": "[DEFAULT]\n\nhost = h\n" },
    env: { OS_DF__MANAGEMENT_IP: "10.0.0.1" },
    overrides: ["df.publisher_port=0"],
  });
  const origins = config.entries().map(({ option, value, origin }) => [
    config.nameOf(option),
    value,
    origin,
  ]);
  assert.deepEqual(origins, [
    ["DEFAULT.host", "h", "dragonflow.ini:3"],
    ["df.local_ip", "10.0.0.1", "variable OS_DF__MANAGEMENT_IP"],
    ["df.publisher_port", "0", "--set"],
    ["df.poll_time", "30", "default"],
    ["df.enable_df_pub_sub", "false", "default"],
    ["df.wire_format", "map", "default"],
    ["df.publishers", "10.0.0.1:0", "default"],
    ["df.publisher_multiproc_socket", "/home/ada/socket", "default"],
    ["df_redis.password", "***", "default"],
    ["df_redis.uri", "redis://h", "default"],
  ]);
});

Deno.test("EffectiveConfig.get throws with the option's name, when the table lacks it", async () => {
  const unlisted = stringOption({ group: "df", name: "unlisted", default: "", help: "Unlisted" });
  const config = await load();
  assert.throws(() => config.get(unlisted), {
    name: "TypeError",
    message: 'Option "df.unlisted": not in the table of this configuration',
  });
});

Deno.test("showConfig omits defaults, when only set options are requested", async () => {
  const config = await load({ overrides: ["df.poll_time=1.5"] });
  assert.deepEqual(showConfig(config, { onlySet: true }), [
    { group: "df", name: "poll_time", value: "1.5", unit: "seconds", origin: "--set" },
  ]);
});

import assert from "node:assert/strict";
import { stringOption } from "../../../drivers/contract/option.ts";
import { markdownReference } from "../../../service/config/markdown_reference.ts";
import { coreOptions } from "../../../service/config/options/core_options.ts";
import { sampleConfig } from "../../../service/config/sample_config.ts";
import { wrap } from "../../../service/config/table_text.ts";
import * as fixture from "./config_fixture.ts";
import { load } from "./config_fixture.ts";

const padded = stringOption({ group: "df", name: "padded", default: " 'x' ", help: "Padded text" });
const quoted = stringOption({ group: "df", name: "quoted", default: "'x'", help: "Quoted text" });

Deno.test("sampleConfig explains an option, when it has every property", () => {
  assert.equal(
    sampleConfig(
      [fixture.password, fixture.pollTime, fixture.address, fixture.host],
      fixture.facts,
    ),
    `[DEFAULT]

# Name of the host
# Wanted: text
#host = node1

[df_redis]

# Password of the server
# Wanted: text
# Secret: never shown; set it here or in the variable OS_DF_REDIS__PASSWORD
#password =

[df]

# Time between two looks
# Wanted: a number from 0.05 to 3600 (seconds)
#poll_time = 30

# Address of the host
# Wanted: text
# Also read as: [df] management_ip
# Also read as: [ovs] tunnel_ip
#local_ip = 127.0.0.1
`,
  );
});

Deno.test("sampleConfig changes no value, when it is read with or without its comment signs", async () => {
  const table = [...fixture.table, ...coreOptionsApart(), padded, quoted];
  const sample = sampleConfig(table, fixture.facts);
  const uncommented = sample.replaceAll(/^#(?=\w)/gm, "");
  assert.notEqual(uncommented, sample);
  const values = async (on: Record<string, string>) =>
    (await load({ table, on })).entries().map(({ option, value }) => [option.name, value]);
  const untouched = await values({});
  assert.deepEqual(await values({ "sample.conf": sample }), untouched);
  assert.deepEqual(await values({ "sample.conf": uncommented }), untouched);
});

/** Core options whose names the fixture's table does not use. */
function coreOptionsApart(): typeof coreOptions {
  const taken = new Set(fixture.table.flatMap(({ name, aliases = [] }) => [
    name,
    ...aliases.map((alias) => alias.name),
  ]));
  return coreOptions.filter(({ name }) => !taken.has(name));
}

Deno.test("markdownReference describes every option, when given the core table", () => {
  const text = markdownReference(coreOptions);
  for (const { name } of coreOptions) assert.ok(text.includes(`### \`${name}\``), name);
  assert.ok(text.startsWith("## `[DEFAULT]`\n\n### `host`\n"));
  assert.ok(text.includes("- Default: `$local_ip`\n"));
  assert.ok(text.includes("- Wanted: a number from 0.1 to 31536000, in seconds\n"));
});

Deno.test("markdownReference escapes paths and brackets in prose", () => {
  assert.ok(
    markdownReference([fixture.socket]).includes(
      "- Default: `/var/run/zmq_pubsub/socket` for root, \\<home directory>/socket for others\n",
    ),
  );
});

Deno.test("markdownReference is formatted as deno fmt requires, when given the core table", async () => {
  const text = markdownReference([...coreOptions, fixture.socket, fixture.password]);
  const args = ["fmt", "--ext", "md", "--line-width", "100", "-"];
  const child = new Deno.Command(Deno.execPath(), { args, stdin: "piped", stdout: "piped" })
    .spawn();
  const writer = child.stdin.getWriter();
  await writer.write(new TextEncoder().encode(text));
  await writer.close();
  const { stdout } = await child.output();
  assert.equal(new TextDecoder().decode(stdout), text);
});

Deno.test("wrap keeps lines within the width, when every word fits", () => {
  assert.deepEqual(wrap("aa bb cc dddddddd e", 5), ["aa bb", "cc", "dddddddd", "e"]);
  assert.deepEqual(wrap("", 5), [""]);
});

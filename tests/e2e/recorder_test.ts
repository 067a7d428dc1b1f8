import assert from "node:assert/strict";
import { Deployment } from "../support/deployment.ts";
import { parseExposition } from "../support/exposition_parser.ts";
import { eventually } from "../support/eventually.ts";

const EVENT = ["publish", "--table", "lport", "--key", "k", "--action", "set", "--value", "v"];

async function textOf(url: string): Promise<string> {
  const response = await fetch(url);
  assert.equal(response.status, 200);
  return await response.text();
}

Deno.test("serve without access to its recorder is ready, warns once, relays, and records when it has access", async () => {
  await using deployment = await Deployment.create();
  const path = deployment.path("recorder");
  await Deno.writeTextFile(path, "a file in its place");
  await using service = await deployment.serve({ "df.recorder_path": path });
  const { stderr } = service.program;
  const [, url = ""] = await stderr.waitFor(/^health at (\S+)$/m);
  const valueOf = async (name: string) =>
    parseExposition(await textOf(`${url}/metrics`)).get(name)?.samples[0]?.value ?? NaN;
  for (let time = 0; time < 3; time++) {
    assert.equal((await deployment.runHere([...EVENT, "--confirm"])).code, 0);
  }
  await eventually(() => valueOf("df_pubsub_recorder_skipped_events_total"), (value) => value >= 3);
  assert.match(await textOf(`${url}/readyz`), /^recorder: warning: .*recorder: /m);
  assert.equal(stderr.text.match(/Recorder in ".*": failing since/g)?.length, 1, stderr.text);
  await Deno.remove(path);
  await eventually(async () => {
    await deployment.runHere([...EVENT, "--confirm"]);
    return await valueOf("df_pubsub_recorder_events_total");
  }, (value) => value >= 1);
  assert((await valueOf("df_pubsub_recorder_bytes")) > 0);
  assert.equal((await Deno.stat(`${path}/0000000001.dfrec`)).isFile, true);
  const mode = (await Deno.stat(`${path}/0000000001.dfrec`)).mode ?? 0;
  assert.equal(mode & 0o027, 0, "others cannot read it, and its group cannot write it");
});

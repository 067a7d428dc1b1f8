import assert from "node:assert/strict";
import { fileURLToPath } from "node:url";

const SCRIPT = fileURLToPath(new URL("../../../../support/heap_use.ts", import.meta.url));
/** Nothing is collected unless asked for. */
const FLAGS = "--v8-flags=--expose-gc,--min-semi-space-size=64,--max-semi-space-size=64";

Deno.test("A topic and a delivery stay within their bounds of heap", async (t) => {
  const args = ["run", "-A", "--no-check", FLAGS, SCRIPT];
  const { stdout } = await new Deno.Command(Deno.execPath(), { args, stderr: "inherit" }).output();
  const { topic, delivery } = JSON.parse(new TextDecoder().decode(stdout));
  await t.step("a topic with one subscriber", () => {
    assert(topic > 0 && topic < 350, `${topic} bytes`);
  });
  await t.step("an event, for each of many subscribers that are up to date", () => {
    assert(delivery < 16, `${delivery} bytes`);
  });
});

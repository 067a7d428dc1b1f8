import assert from "node:assert/strict";
import config from "../../deno.json" with { type: "json" };
import { V8_FLAGS } from "../../packaging/v8_flags.ts";
import { NO_BASE_BINARY } from "../../packaging/compile.ts";
import { output, ROOT } from "../../packaging/child.ts";
import { tempDir } from "../support/temp_dir.ts";

/** This version reads Node's types from a package that deno.lock does not contain. */
const OLDEST = "2.4.2";
const NOWHERE = "http://127.0.0.1:1";

Deno.test("compile under the oldest Deno requests nothing from a registry that is not locked", async () => {
  await using directory = await tempDir();
  const where = ["-y", `deno@${OLDEST}`, "eval", "console.log(Deno.execPath())"];
  const program = (await output("npx", where)).trim();
  const { code, stderr } = await new Deno.Command(program, {
    args: ["run", "-A", "packaging/compile.ts", "--output", `${directory.path}/df-pubsub`],
    cwd: ROOT,
    // No network is reachable, and the cache of another registry does not count.
    env: { NPM_CONFIG_REGISTRY: NOWHERE, HTTPS_PROXY: NOWHERE, HTTP_PROXY: NOWHERE },
  }).output();
  const said = new TextDecoder().decode(stderr);
  // Without a base binary, which also has to be downloaded, it fails for that reason only.
  assert([0, NO_BASE_BINARY].includes(code), said);
  const locked = await Deno.readTextFile(`${ROOT}/deno.lock`);
  const asked = [...said.matchAll(/127\.0\.0\.1:1\/(\S+)/g)].map(([, name = ""]) => {
    return decodeURIComponent(name);
  });
  assert.deepEqual(asked.filter((name) => !locked.includes(`"${name}@`)), []);
});

Deno.test("the task that runs the service from its sources has the flags of the executable", () => {
  const { command } = config.tasks.serve;
  assert(command.split(" ").includes(V8_FLAGS), `${command}, wanted ${V8_FLAGS}`);
});

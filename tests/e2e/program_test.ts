import assert from "node:assert/strict";
import { runHere } from "../support/command_here.ts";
import { Deployment, freePort } from "../support/deployment.ts";
import { run } from "../support/program.ts";

Deno.test("df-pubsub prints its help, its version and the help of a command", async () => {
  const help = await run(["--help"]);
  assert.deepEqual([help.code, help.stderr], [0, ""]);
  assert.match(help.stdout, /^Usage: df-pubsub /);
  const version = await run(["--version"]);
  assert.deepEqual([version.code, version.stderr], [0, ""]);
  assert.match(version.stdout, /^\d+\.\d+\.\d+( \([0-9a-f]{12,}(-dirty)?\))?\n$/);
  const command = await run(["help", "publish"]);
  assert.equal(command.code, 0);
  assert.match(command.stdout, /Examples:/);
});

Deno.test("df-pubsub exits 2 for wrong usage, with nothing on standard output", async () => {
  for (const args of [[], ["serv"], ["subscribe", "--nonsense"], ["publish", "--count", "0"]]) {
    const { code, stdout, stderr } = await runHere(args);
    assert.deepEqual([code, stdout], [2, ""], args.join(" "));
    assert.notEqual(stderr, "");
  }
});

Deno.test("df-pubsub names its output or input, when that fails, and the service is not blamed", async () => {
  await using deployment = await Deployment.create({
    "df.http_address": `127.0.0.1:${freePort()}`,
  });
  await using _service = await deployment.serve();
  const to = (redirection: string) => ({ by: ["sh", "-c", `exec "$@" ${redirection}`, "sh"] });
  const noSpace = /^df-pubsub: Cannot write standard output: No space left on device/m;
  for (const args of [["--help"], ["config", "show"], ["top", "--once", ...deployment.flags()]]) {
    const { code, stderr } = await run(args, to(">/dev/full"));
    assert.deepEqual([code, noSpace.test(stderr)], [1, true], `${args}: ${stderr}`);
  }
  const { code, stderr } = await run(["publish", "--stdin", ...deployment.flags()], to("</"));
  assert.equal(code, 1);
  assert.match(stderr, /^df-pubsub: Cannot read standard input: Is a directory/m);
});

Deno.test("df-pubsub config show reads variables and files, and shows the origin of values", async () => {
  const { code, stdout } = await run(["config", "show", "--only-set"], {
    env: { OS_DF__PUBLISHER_PORT: "9999" },
  });
  assert.equal(code, 0);
  const row = stdout.split("\n").find((line) => line.includes("publisher_port"));
  assert.equal(JSON.parse(row ?? "null")?.value, "9999");
  assert.match(JSON.parse(row ?? "null")?.origin, /OS_DF__PUBLISHER_PORT/);
});

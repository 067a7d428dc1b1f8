import assert from "node:assert/strict";
import { Deployment } from "../support/deployment.ts";
import { Program } from "../support/program.ts";

const EVENT = ["publish", "--table", "t", "--key", "k", "--action", "set"];

const ENDED_CLEANLY: readonly (readonly [command: string[], code: number, says: RegExp])[] = [
  [["subscribe"], 0, /^listening on /],
  [["publishers", "list", "--watch"], 0, /^/],
  [["publish", "--stdin"], 1, /^published 1 event, refused 1$/m],
];

for (const [command, wanted, says] of ENDED_CLEANLY) {
  Deno.test(`${command.join(" ")} ends at SIGHUP as it does at SIGTERM`, async () => {
    await using deployment = await Deployment.create();
    await using _service = await deployment.serve();
    await using program = deployment.start(command);
    await untilListening(program, command);
    const { code, stderr } = await program.stop("SIGHUP");
    assert.equal(code, wanted, stderr);
    assert.match(stderr, says);
  });
}

/** Each prints something once its signal handlers exist. */
async function untilListening(program: Program, [command]: readonly string[]): Promise<void> {
  if (command === "subscribe") await program.stderr.waitFor(/^listening on /m);
  if (command === "publishers") await program.stdout.waitForLines(1);
  if (command !== "publish") return;
  await program.write('{"action": "sync"}\nno event\n');
  await program.stderr.waitFor(/^Line 2 of standard input: /m);
}

Deno.test("subscribe continues at SIGHUP, when its parent ignores that signal", async () => {
  await using deployment = await Deployment.create();
  await using _service = await deployment.serve();
  const nohup = { by: ["sh", "-c", 'trap "" HUP; exec "$@"', "sh"] };
  await using program = Program.start(["subscribe", ...deployment.flags()], nohup);
  await program.stderr.waitFor(/^listening on /m);
  program.kill("SIGHUP");
  assert.equal((await deployment.runHere(EVENT)).code, 0);
  await program.stdout.waitForLines(1);
  assert.equal((await program.stop()).code, 0);
});

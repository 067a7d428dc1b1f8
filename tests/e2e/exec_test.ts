import assert from "node:assert/strict";
import { Deployment } from "../support/deployment.ts";
import { eventLine, eventLines } from "../support/events.ts";
import { eventually } from "../support/eventually.ts";

/** Events of 640 KiB: more than a service keeps for a subscriber that reads none. */
const LARGE = 100;

const isRunning = (pid: number) => Deno.stat(`/proc/${pid}`).then(() => true, () => false);

Deno.test("subscribe --exec runs a program without a shell for each event, in order, with the event in its variables and on its input", async () => {
  await using deployment = await Deployment.create();
  await using _service = await deployment.serve();
  const key = "$(touch run); \"'`k`";
  const row = { table: "lport", action: "set", value: "{}", topic: "tenant" };
  await deployment.publish(`${JSON.stringify({ ...row, key })}\n`);
  await deployment.publish(
    `${JSON.stringify({ ...row, key: "2" })}\n{"action":"sync","topic":"tenant"}\n`,
  );
  const program = deployment.path("print");
  const script =
    '#!/bin/sh\nprintf "%s|" "$1" "$DF_TOPIC" "$DF_TABLE" "$DF_ACTION" "$DF_SEQ" "$DF_KEY"\ncat\n';
  await Deno.writeTextFile(program, script, { mode: 0o755 });
  const args = ["--only-topic", "tenant", "--end", "--exec", `'${program}' "a b"`];
  const { code, stdout, stderr } = await deployment.run(["subscribe", ...args]);
  assert.equal(code, 0, stderr);
  const lines = stdout.trim().split("\n").map((line) => {
    const at = line.indexOf("{");
    return [line.slice(0, at), JSON.parse(line.slice(at)).key];
  });
  assert.deepEqual(
    lines,
    [
      [`a b|tenant|lport|set|1|${key}|`, key],
      ["a b|tenant|lport|set|2|2|", "2"],
      ["a b|tenant||sync|3||", null],
    ],
  );
});

Deno.test("subscribe --exec counts and names the events whose program failed, and exits 1", async () => {
  await using deployment = await Deployment.create();
  await using _service = await deployment.serve();
  await deployment.publish(eventLines(14));
  const exec = ["--exec", "case $DF_KEY in p0) exit 0;; p1) kill -9 $$;; esac; exit 3", "--shell"];
  const { code, stderr } = await deployment.run(["subscribe", "--end", ...exec]);
  assert.equal(code, 1);
  assert.match(stderr, /^--exec failed for create lport\/p1 of topic D: signal SIGKILL$/m);
  assert.match(stderr, /^--exec failed for create lport\/p2 of topic D: exit code 3$/m);
  assert.equal(stderr.match(/^--exec failed for create/gm)?.length, 10);
  assert.match(stderr, /^--exec failed for 13 of 14 events; the first 10 are named above$/m);
});

Deno.test("subscribe --exec runs at most --jobs programs at once, and takes no further event meanwhile", async () => {
  await using deployment = await Deployment.create();
  await using _service = await deployment.serve();
  await deployment.publish(eventLines(6));
  const [started, gate] = [deployment.path("started"), deployment.path("gate")];
  const exec = `echo $DF_KEY >> ${started}; while [ ! -e ${gate} ]; do sleep 0.05; done`;
  const flags = ["subscribe", "--end", "--jobs", "3", "--shell", "--exec", exec];
  await using subscriber = deployment.start(flags);
  const keys = () => Deno.readTextFile(started).then((text) => text.trim().split("\n"), () => []);
  await eventually(keys, ({ length }) => length === 3);
  assert.deepEqual((await keys()).sort(), ["p0", "p1", "p2"]);
  await Deno.writeTextFile(gate, "");
  assert.equal((await subscriber.result()).code, 0);
  assert.deepEqual((await keys()).sort(), ["p0", "p1", "p2", "p3", "p4", "p5"]);
});

Deno.test("subscribe --exec stops reading while its program is slow, and reports events that the service has overwritten", async () => {
  await using deployment = await Deployment.create();
  await using _service = await deployment.serve();
  const [started, gate] = [deployment.path("started"), deployment.path("gate")];
  const exec = `echo $DF_KEY >> ${started}; while [ ! -e ${gate} ]; do sleep 0.05; done`;
  await using subscriber = await deployment.subscribe(["--fail-on-gap", "--shell", "--exec", exec]);
  const value = "x".repeat(640 * 1024);
  const row = { table: "lport", action: "set", value };
  const lines = Array.from(
    { length: LARGE },
    (_, key) => JSON.stringify({ ...row, key: `${key}` }),
  );
  await deployment.publish(lines.join("\n"));
  assert.equal((await Deno.readTextFile(started)).trim(), "0", "one program, which has not ended");
  await Deno.writeTextFile(gate, "");
  const { code, stderr } = await subscriber.result(60_000);
  assert.equal(code, 6);
  assert.match(stderr, /"notice":"gap","topic":"D".*can no longer be sent again/);
  const keys = (await Deno.readTextFile(started)).trim().split("\n");
  assert.deepEqual(keys, keys.map((_, index) => String(index)), "in order, up to the gap");
  assert(keys.length < LARGE);
});

Deno.test("subscribe --exec ends running programs, when it is interrupted", async () => {
  await using deployment = await Deployment.create();
  await using _service = await deployment.serve();
  await deployment.publish(eventLines(3));
  const pids = deployment.path("pids");
  const exec = `echo $$ >> ${pids}; exec sleep 600`;
  const flags = ["subscribe", "--since", "start", "--shell", "--exec", exec, "--jobs", "2"];
  await using subscriber = deployment.start(flags);
  const read = () => Deno.readTextFile(pids).then((text) => text.trim().split("\n"), () => []);
  const running = await eventually(read, ({ length }) => length === 2);
  subscriber.kill("SIGINT");
  const { code, stderr } = await subscriber.result();
  assert.equal(code, 0, stderr);
  assert.doesNotMatch(stderr, /failed/);
  for (const pid of running) assert.equal(await isRunning(Number(pid)), false);
  assert.equal((await read()).length, 2, "no further program was started");
});

Deno.test("subscribe --exec fails at once, when there is no such program, and refuses wrong flags", async () => {
  await using deployment = await Deployment.create();
  await using _service = await deployment.serve();
  await deployment.publish(eventLine("k"));
  const missing = await deployment.run(["subscribe", "--end", "--exec", "/nonexistent x"]);
  assert.equal(missing.code, 1);
  assert.match(missing.stderr, /Cannot run --exec "\/nonexistent"/);
  for (
    const [args, says] of [
      [["--exec", "'a"], /a quote is open/],
      [["--exec", " "], /empty, wanted a program/],
      [["--jobs", "2"], /--jobs is for --exec/],
      [["--shell"], /--shell is for --exec/],
    ] as const
  ) {
    const { code, stderr } = await deployment.runHere(["subscribe", ...args]);
    assert.equal(code, 2, args.join(" "));
    assert.match(stderr, says);
  }
});

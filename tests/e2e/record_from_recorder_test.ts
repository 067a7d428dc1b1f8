import assert from "node:assert/strict";
import { Deployment } from "../support/deployment.ts";
import { eventually } from "../support/eventually.ts";
import { jsonLines } from "../support/lines.ts";

Deno.test("record records the topics of its flags from the network and from a recorder", async () => {
  await using deployment = await Deployment.create();
  const directory = deployment.path("recorder");
  await using _service = await deployment.serve({ "df.recorder_path": directory });
  const files = { all: deployment.path("all.jsonl"), glob: deployment.path("glob.jsonl") };
  const all = deployment.start(["record", files.all, "--all-topics", "-n", "3"]);
  await using _all = all;
  const glob = deployment.start(["record", files.glob, "--only-topic", "net-*", "-n", "1"]);
  await using _glob = glob;
  for (const each of [all, glob]) await each.stderr.waitFor(/^listening on /m);
  const lines = ["D", "net-1", "other"].map((topic) => JSON.stringify({ action: "log", topic }));
  await deployment.publish(lines.join("\n"));
  assert.deepEqual([(await all.result()).code, (await glob.result()).code], [0, 0]);
  const topicsIn = async (path: string) =>
    jsonLines<{ topic: string }>(await Deno.readTextFile(path)).map(({ topic }) => topic);
  assert.deepEqual(await topicsIn(files.all), ["D", "net-1", "other"]);
  assert.deepEqual(await topicsIn(files.glob), ["net-1"]);
  const kept = deployment.path("kept.jsonl");
  const topicsKept = async (...flags: string[]) => {
    await deployment.runHere(["record", kept, "--force", "--from-recorder", directory, ...flags]);
    return await topicsIn(kept);
  };
  const named = ["-t", "net-1"];
  await eventually(() => topicsKept(...named), (topics) => topics.join() === "D,net-1");
  assert.deepEqual(await topicsKept("--only-topic", "other"), ["other"]);
  assert.deepEqual(await topicsKept(), ["D", "net-1", "other"]);
  const from = ["--from-recorder", directory, "--force"];
  assert.equal((await deployment.runHere(["record", kept, ...from, "--since", "1-1"])).code, 2);
  assert.deepEqual(await topicsIn(kept), ["D", "net-1", "other"], "refused before it is emptied");
});

Deno.test("record --from-recorder names its file and exits 1, when the disk is full", async () => {
  await using deployment = await Deployment.create();
  const directory = deployment.path("recorder");
  await using _service = await deployment.serve({ "df.recorder_path": directory });
  const event = ["publish", "--topic", "t", "--action", "set", "--table", "t", "--key", "k"];
  assert.equal((await deployment.runHere([...event, "--confirm"])).code, 0);
  const disk = deployment.path("disk");
  await Deno.mkdir(disk);
  // A file system that only this process sees, and that another file fills.
  const mount =
    'mount -t tmpfs -o size=64k tmpfs "$0" && { cat /dev/zero >"$0/full" || exec "$@"; }';
  const by = ["unshare", "-rm", "sh", "-c", mount, disk];
  const record = ["record", `${disk}/kept.jsonl`, "--from-recorder", directory];
  const recorded = async () => {
    await using program = deployment.start(record, {}, { by });
    return await program.result();
  };
  const { code, stderr } = await eventually(recorded, ({ code }) => code !== 0);
  assert.equal(code, 1, stderr);
  assert.match(stderr, /Cannot write ".*\/disk\/kept\.jsonl"/);
});

import assert from "node:assert/strict";
import { Deployment } from "../support/deployment.ts";
import { eventually } from "../support/eventually.ts";
import { jsonLines } from "../support/lines.ts";

const SYNC = ["publish", "--action", "sync", "--confirm"];

Deno.test("record writes to a named pipe, and exits 0", async () => {
  await using deployment = await Deployment.create();
  const directory = deployment.path("recorder");
  await using _service = await deployment.serve({ "df.recorder_path": directory });
  assert.equal((await deployment.runHere(SYNC)).code, 0);
  const fifo = deployment.path("fifo");
  assert((await new Deno.Command("mkfifo", { args: [fifo] }).output()).success);
  for (const how of ["--force", "--append"]) {
    const args = ["record", fifo, how, "--from-recorder", directory];
    const [{ code, stderr }, text] = await eventually(
      () => Promise.all([deployment.run(args), Deno.readTextFile(fifo)]),
      ([, text]) => text !== "",
    );
    assert.equal(code, 0, stderr);
    assert.deepEqual(jsonLines<{ action: string }>(text).map(({ action }) => action), ["sync"]);
  }
});

const ENDS = [
  { name: "fifo", at: "a signal", flags: [] },
  { name: "fifo.gz", at: "a signal", flags: [] },
  { name: "fifo", at: "its timeout", flags: ["--timeout", "3"] },
];
for (const { name, at, flags } of ENDS) {
  Deno.test(`record to the pipe ${name} ends at ${at}, when its reader does not read`, async () => {
    await using deployment = await Deployment.create();
    await using _service = await deployment.serve();
    const value = crypto.getRandomValues(new Uint8Array(40_000)).join("");
    const event = { table: "t", key: "k", action: "set", value };
    await deployment.publish(`${JSON.stringify(event)}\n`.repeat(20));
    const fifo = deployment.path(name);
    assert((await new Deno.Command("mkfifo", { args: [fifo] }).output()).success);
    const args = ["record", fifo, "--force", "--since", "start", ...flags];
    await using record = deployment.start(args);
    using reader = await Deno.open(fifo);
    assert.equal(await reader.read(new Uint8Array(1)), 1);
    const { code, stderr } = await (flags.length === 0 ? record.stop() : record.result());
    assert.equal(code, 1, stderr);
    assert.match(stderr, /Cannot write ".*\/fifo(\.gz)?": its reader does not read/);
  });
}

Deno.test("record leaves its file unchanged, when it refuses a flag", async () => {
  await using deployment = await Deployment.create();
  const old = deployment.path("old.jsonl");
  await Deno.writeTextFile(old, "old\n");
  for (const refused of [["--all-topics", "--since", "start"], ["--uri", "tcp:/bad"]]) {
    const missing = deployment.path("new.jsonl");
    assert.equal((await deployment.runHere(["record", missing, ...refused])).code, 2);
    await assert.rejects(Deno.stat(missing), Deno.errors.NotFound);
    assert.equal((await deployment.runHere(["record", old, "--force", ...refused])).code, 2);
    assert.equal(await Deno.readTextFile(old), "old\n");
  }
});

Deno.test("record --force empties its file when it begins", async () => {
  await using deployment = await Deployment.create();
  await using _service = await deployment.serve();
  const old = deployment.path("old.jsonl");
  await Deno.writeTextFile(old, "old\n");
  assert.equal((await deployment.runHere(["record", old, "--force", "--timeout", "1"])).code, 0);
  assert.equal(await Deno.readTextFile(old), "");
});

Deno.test("record --count exits 5 when fewer events arrive", async () => {
  await using deployment = await Deployment.create();
  const directory = deployment.path("recorder");
  await using _service = await deployment.serve({ "df.recorder_path": directory });
  const kinds = [["--timeout", "0.5"], ["--from-recorder", directory]];
  for (const [index, flags] of kinds.entries()) {
    const args = ["record", deployment.path(`${index}.jsonl`), "--count", "2", ...flags];
    const { code, stderr } = await deployment.runHere(args);
    assert.equal(code, 5, stderr);
    assert.match(stderr, /recorded 0 events, wanted 2/);
  }
});

Deno.test("record --since reports that less is kept, by a publisher and by a recorder", async () => {
  await using deployment = await Deployment.create();
  const directory = deployment.path("recorder");
  await using _service = await deployment.serve({ "df.recorder_path": directory });
  assert.equal((await deployment.runHere(SYNC)).code, 0);
  for (const flags of [["--timeout", "1"], ["--from-recorder", directory]]) {
    const args = ["record", deployment.path("kept.jsonl"), "--force", "--since", "2h", ...flags];
    const { stderr } = await eventually(
      () => deployment.runHere(args),
      ({ stderr }) => /recorded 1 event /.test(stderr),
    );
    assert.match(
      stderr,
      /: events are kept only since \d{4}-.*Z, so the recording lacks earlier ones$/m,
    );
  }
});

Deno.test("record --from-recorder exits 5 and says so when its timeout comes before the end", async () => {
  await using deployment = await Deployment.create();
  const directory = deployment.path("recorder");
  await using _service = await deployment.serve({ "df.recorder_path": directory });
  const many = ["publish", "--action", "sync", "--count", "50000"];
  assert.equal((await deployment.runHere(many)).code, 0);
  const args = ["record", deployment.path("a.jsonl"), "--force", "--from-recorder", directory];
  await eventually(() => deployment.runHere([...args, "--count", "1"]), ({ code }) => code === 0);
  const late = await deployment.runHere([...args, "--timeout", "1us"]);
  assert.equal(late.code, 5, late.stderr);
  assert.match(late.stderr, /^.*stopped before the end of the recorder$/m);
  const refused = await deployment.runHere([...args, "--uri", "tcp://192.0.2.1:8866"]);
  assert.equal(refused.code, 2, refused.stderr);
});

import assert from "node:assert/strict";
import { run } from "../../../cli/program.ts";
import { previewOf } from "../../../cli/replay/preview.ts";
import { FakeIo } from "../../support/fakes/fake_io.ts";
import { tempDir } from "../../support/temp_dir.ts";

Deno.test("previewOf counts the events of every table, when there are more tables than it lists", async () => {
  await using directory = await tempDir();
  const file = directory.join("events.jsonl");
  const lines = Array.from({ length: 25 }, (_, index) => {
    return JSON.stringify({ table: `t${index}`, key: "k", action: "set" });
  });
  await Deno.writeTextFile(file, lines.join("\n"));
  const io = new FakeIo({});
  assert.equal(await run(["replay", file, "--dry-run", "--no-config"], io), 0);
  const { events, tables } = JSON.parse(io.out.text);
  assert.deepEqual([events, tables["t19"], tables["t20"], tables["…"]], [25, 1, undefined, 5]);
});

Deno.test("previewOf says that it has not read the whole file and fails, when a signal ends it", async () => {
  const { out, err } = new FakeIo({});
  const interrupted = AbortSignal.abort();
  const none = (async function* () {})();
  assert.equal(await previewOf("events", none, {}, { out, err, interrupted }), 1);
  assert.equal(err.text, 'stopped by a signal before the end of "events"\n');
});

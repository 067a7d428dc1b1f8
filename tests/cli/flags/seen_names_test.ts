import assert from "node:assert/strict";
import { readSeenNames, SeenNames } from "../../../cli/flags/seen_names.ts";
import { hostFiles, replaceFile } from "../../../drivers/host.ts";
import { FakeIo } from "../../support/fakes/fake_io.ts";
import { tempDir } from "../../support/temp_dir.ts";

async function note(io: ConstructorParameters<typeof SeenNames>[0], ...tables: string[]) {
  await using seen = new SeenNames(io);
  for (const table of tables) seen.note({ table, topic: "D" });
}

Deno.test("SeenNames adds names to those of earlier runs, the latest first, and at most 200", async () => {
  const io = new FakeIo();
  await note(io, "a", "b");
  await note(io, "c", "a");
  assert.deepEqual(await readSeenNames(io), { tables: ["c", "a", "b"], topics: ["D"] });
  await note(io, ...Array.from({ length: 300 }, (_, n) => `t${n}`));
  assert.equal((await readSeenNames(io)).tables.length, 200);
  await note(io, "new");
  const { tables } = await readSeenNames(io);
  assert.deepEqual([tables.length, tables[0]], [200, "new"]);
});

Deno.test("SeenNames writes a file that only its account can read, and creates the directory", async () => {
  await using directory = await tempDir();
  const env = { XDG_CACHE_HOME: directory.join("cache") };
  const { facts } = new FakeIo();
  await note({ env, facts, readTextFile: hostFiles.readTextFile, replaceFile }, "lport");
  const path = directory.join("cache/df-pubsub/names.json");
  const { tables } = JSON.parse(await Deno.readTextFile(path));
  assert.deepEqual(tables, ["lport"]);
  assert.equal(((await Deno.stat(path)).mode ?? 0) & 0o777, 0o600);
});

Deno.test("SeenNames ignores a file that cannot be written, and an account without a home", async () => {
  const { facts } = new FakeIo();
  const { readTextFile } = hostFiles;
  await note({ env: { XDG_CACHE_HOME: "/dev/null" }, facts, readTextFile, replaceFile }, "t");
  await note({ env: {}, facts: { ...facts, home: "" }, readTextFile, replaceFile }, "t");
});

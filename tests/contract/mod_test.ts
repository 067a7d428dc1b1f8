import assert from "node:assert/strict";
import { Project } from "../support/project.ts";

/** A database in memory whose clients each leave a descriptor open. */
const LEAKING = `
import { testDbDriver } from "@df/pubsub/driver/contract";
import { createMemoryDb } from "${new URL("../../drivers/db/memory.ts", import.meta.url).href}";

// A faster clock, so that the suite waits only 10 ms for descriptors to be closed.
const now = performance.now.bind(performance);
performance.now = () => now() * 1_000;

const open = createMemoryDb();
const leaking = () => (Deno.openSync("/dev/null"), open());
const load = () => Promise.resolve(leaking);
await testDbDriver({ name: "leaking", aliases: [], summary: "", options: [], load });
`;

/** A driver that writes a file when it is made. */
const WRITING = `
import { testPubSubDriver } from "@df/pubsub/driver/contract";
import { pathOption, type PubSubDriverEntry } from "@df/pubsub/driver";
import { createMemoryDriver } from "${
  new URL("../../drivers/pubsub/memory.ts", import.meta.url).href
}";

const file = pathOption({ group: "df_writing", name: "file", default: "", help: "A file" });
const writing: PubSubDriverEntry = {
  name: "writing",
  aliases: [],
  summary: "",
  options: [file],
  load: () => Promise.resolve(async (context) => {
    await Deno.writeTextFile(context.settings.get(file), "");
    return createMemoryDriver(context);
  }),
};
await testPubSubDriver(writing, {
  set: (directory) => ({ "df_writing.file": \`\${directory}/file\` }),
});
`;

Deno.test("testPubSubDriver gives each driver a directory, even when it only reads the driver's traits", async () => {
  await using project = await Project.open();
  await project.write("writing_test.ts", WRITING);
  const only = "refuses a payload over the limit";
  const report = await project.run("test", "-A", "--no-check", "--filter", only, ".");
  assert.match(report, /1 passed/);
});

Deno.test("testDbDriver fails a test, when the driver leaves a descriptor open", async () => {
  await using project = await Project.open();
  await project.write("leaking_test.ts", LEAKING);
  const only = "get returns the value";
  await using program = project.start("test", "-A", "--no-check", "--filter", only, ".");
  const { code, stdout } = await program.result();
  assert.match(stdout, /left open/);
  assert.equal(code, 1, stdout);
});

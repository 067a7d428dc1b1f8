import assert from "node:assert/strict";
import { Deployment } from "../support/deployment.ts";

const QUICK = { "df.monitor_table_poll_time": 0.2 };

async function exists(path: string): Promise<boolean> {
  return await Deno.stat(path).then(() => true, () => false);
}

Deno.test("subscribe waits for the database that the service creates, and reports where it looks", async () => {
  await using deployment = await Deployment.create(QUICK);
  const { databasePath } = deployment;
  await using subscriber = deployment.start(["subscribe", "--count", "1"]);
  await subscriber.stderr.waitFor(/No database at "[^"]*northbound\.sqlite3"/);
  await subscriber.stderr.waitFor(
    /^no publisher is known yet: .* sqlite at \S+northbound\.sqlite3, .*configuration: \/dev\/null/m,
  );
  assert.equal(await exists(databasePath), false);
  await using service = await deployment.serve();
  await subscriber.stderr.waitFor(/^listening on /m);
  assert.equal((await deployment.runHere(["publish", "--action", "sync"])).code, 0);
  assert.equal((await subscriber.result()).code, 0);
  assert.equal((await service.program.stop()).code, 0);
});

Deno.test("a command that reads a database creates none, when no service has run yet", async () => {
  await using deployment = await Deployment.create();
  const commands = [["publishers", "list"], ["publishers", "prune"], ["check", "--no-service"]];
  for (const command of commands) {
    const { code, stdout, stderr } = await deployment.runHere(command);
    assert.equal(code, 3, command.join(" "));
    const said = `${stdout}${stderr}`;
    assert(said.includes(`No database at`) && said.includes(deployment.databasePath), said);
    assert.equal(await exists(deployment.databasePath), false);
  }
});

import assert from "node:assert/strict";
import { Deployment, freePort } from "../support/deployment.ts";
import { printedEvents } from "../support/events.ts";
import { listedPublishers } from "../support/publisher_list.ts";
import { Program } from "../support/program.ts";
import { fieldsOf, startNode } from "../support/python_node.ts";

/** A row as the original from release 4.0.0 on writes it: its id is that of a process. */
const ORIGINAL_ID = "717f2d44-9945-54fb-a0f9-83d142f077c7";

async function addRow(deployment: Deployment, id: string, uri: string, ageS: number) {
  await using db = await deployment.openDb();
  const row = { id, uri, last_activity_timestamp: Date.now() / 1000 - ageS };
  await db.create("publisher", id, JSON.stringify(row));
}

for (const [what, ageS] of [["alive", 5], ["stale", 3_600]] as const) {
  Deno.test(`serve takes over the row that announces its address, when that is ${what}`, async () => {
    const port = freePort();
    await using deployment = await Deployment.create({
      "df.local_ip": "192.0.2.7",
      "df.publisher_port": port,
    });
    const uri = `tcp://192.0.2.7:${port}`;
    await addRow(deployment, ORIGINAL_ID, uri, ageS);
    await using service = await deployment.serve();
    const rows = await listedPublishers(deployment);
    assert.deepEqual(rows.map((row) => [row["id"], row["uri"], row["state"]]), [
      [ORIGINAL_ID, uri, "alive"],
    ]);
    const { stderr } = await service.program.stop();
    assert.match(stderr, new RegExp(`Deregistered publisher "${ORIGINAL_ID}"`));
    assert.deepEqual(await listedPublishers(deployment), []);
  });
}

Deno.test("serve leaves the row of another host alone, when both announce a loopback address", async () => {
  const port = freePort();
  await using deployment = await Deployment.create({ "df.publisher_port": port });
  await addRow(deployment, ORIGINAL_ID, `tcp://127.0.0.1:${port}`, 5);
  await using _service = await deployment.serve();
  const rows = await listedPublishers(deployment);
  assert.equal(rows.length, 2);
  assert(rows.some(({ id, uri }) => id === ORIGINAL_ID && uri === `tcp://127.0.0.1:${port}`));
});

Deno.test("serve has one row, when the option host changes between two runs", async () => {
  await using deployment = await Deployment.create({ "df.publisher_row_on_stop": "keep" });
  const ids = [];
  for (const host of ["neutron.example.com", "other.example.com"]) {
    await using service = await deployment.serve({ "DEFAULT.host": host });
    ids.push(...(await listedPublishers(deployment)).map(({ id }) => id));
    await service.program.stop();
  }
  assert.equal(ids.length, 2);
  assert.equal(ids[0], ids[1]);
});

for (
  const [what, overrides, env] of [
    ["publisher_row_on_stop is keep", { "df.publisher_row_on_stop": "keep" }, {}],
    ["a service manager runs it", {}, { NOTIFY_SOCKET: "/nonexistent/notify" }],
  ] as const
) {
  Deno.test(`serve keeps its row across a restart, when ${what}`, async () => {
    await using deployment = await Deployment.create({
      "df.publisher_port": freePort(),
      ...overrides,
    });
    await using watcher = await deployment.serve({
      "df.publisher_id_name": "watcher",
      "df.publisher_port": 0,
      "df.publisher_multiproc_socket": deployment.path("watcher"),
      "df.monitor_table_poll_time": 0.1,
    });
    await using subscriber = await deployment.subscribeHere(["--table", "publisher"]);
    const start = async () => {
      const program = Program.start(["serve", ...deployment.flags()], { env });
      await program.stderr.waitFor(/^READY$/m);
      return program;
    };
    await using first = await start();
    const { code, stderr } = await first.stop();
    assert.equal(code, 0, stderr);
    assert.match(stderr, /keeps its row for the next start/);
    assert.equal((await listedPublishers(deployment)).length, 2);
    await using second = await start();
    assert.equal((await listedPublishers(deployment)).length, 2);
    await second.stop("SIGKILL");
    const actions = printedEvents(subscriber.stdout.lines).map(({ action }) => action);
    assert(!actions.includes("delete"), actions.join(" "));
    assert(!watcher.program.stderr.text.includes("Removing"));
  });
}

for (const signal of ["SIGKILL", "SIGTERM"] as const) {
  Deno.test(`serve sends nodes of the original one sync, when it starts again after ${signal}`, async () => {
    const port = freePort();
    await using deployment = await Deployment.create({ "df.publisher_port": port });
    await using first = await deployment.serve();
    await using node = await startNode(deployment, first);
    await using subscriber = await deployment.subscribeHere();
    await first.program.stop(signal);
    await using _second = await deployment.serve();
    const sync = await node.message();
    assert.deepEqual(fieldsOf(sync.decoded), {
      table: null,
      key: null,
      action: "sync",
      value: "native",
      topic: "D",
    });
    const event = ["--table", "lport", "--key", "after", "--action", "delete"];
    assert.equal((await deployment.runHere(["publish", ...event])).code, 0);
    const next = await node.message();
    assert.equal(fieldsOf(next.decoded)["key"], "after");
    await subscriber.stdout.waitFor(/"after"/);
    const natives = printedEvents(subscriber.stdout.lines).filter(({ value }) =>
      value === "native"
    );
    assert.deepEqual(natives, []);
  });
}

import assert from "node:assert/strict";
import { setTimeout } from "node:timers/promises";
import { Deployment, freePort } from "../support/deployment.ts";
import { eventLine, printedEvents } from "../support/events.ts";
import { listedPublishers, untilListed, untilRefreshed } from "../support/publisher_list.ts";

const KILLED = 128 + 9;

Deno.test("serve, its publishers and its subscribers recover, after kill -9 of the service", async () => {
  await using deployment = await Deployment.create({ "df.publisher_port": freePort() });
  await using killed = await deployment.serve();
  await using subscriber = await deployment.subscribeHere();
  await using publisher = deployment.start(["publish", "--stdin", "--timeout", "20"]);
  await publisher.write(eventLine("before"));
  await subscriber.stdout.waitFor(/"before"/);
  const from = subscriber.stderr.text.length;
  assert.equal((await killed.program.stop("SIGKILL")).code, KILLED);
  assert(
    (await Deno.lstat(deployment.socketPath)).isSocket,
    "the killed service left files behind",
  );

  await using service = await deployment.serve();
  await subscriber.stderr.waitFor(/^listening on /m, { from });
  await publisher.write(eventLine("after"));
  await subscriber.stdout.waitFor(/"after"/);
  await publisher.endInput();
  const { code, stderr } = await publisher.result();
  assert.match(stderr, /^published 2 events, refused 0$/m);
  // The one that was killed may just have said that it has accepted the first.
  const isUncertain = /^the service accepted 1 and refused 0; 1 are uncertain: /m.test(stderr);
  assert.equal(code, isUncertain ? 1 : 0, stderr);
  const actions = printedEvents(subscriber.stdout.lines).map(({ action }) => action);
  assert.deepEqual(actions, ["create", "sync", "create"]);
  const [row, ...others] = await listedPublishers(deployment);
  assert.deepEqual([row?.["uri"], row?.["state"], others], [service.uri, "alive", []]);
});

Deno.test("serve is unaffected by kill -9 of a publisher and a subscriber", async () => {
  await using deployment = await Deployment.create();
  await using service = await deployment.serve();
  await using victim = await deployment.subscribe();
  await using witness = await deployment.subscribeHere();
  await using flood = deployment.start(
    ["publish", "--table", "t", "--key", "flood", "--action", "set", "--count", "100000000"],
  );
  await victim.stdout.waitFor(/"flood"/);
  flood.kill("SIGKILL");
  victim.kill("SIGKILL");
  await Promise.all([flood.result(), victim.result()]);
  const after = await deployment.runHere(["publish", "--stdin", "--confirm"], eventLine("after"));
  assert.equal(after.code, 0, after.stderr);
  await witness.stdout.waitFor(/"after"/);
  const { code, stderr } = await service.program.stop();
  assert.equal(code, 0, stderr);
  assert.doesNotMatch(stderr, / (warn|error) (?!Advertising)/);
});

Deno.test("serve continues to relay and registers again, when its database file is deleted", async () => {
  await using deployment = await Deployment.create({ "df.publisher_timeout": 3 });
  await using service = await deployment.serve();
  await using subscriber = await deployment.subscribeHere();
  for (const suffix of ["", "-wal", "-shm"]) {
    await Deno.remove(`${deployment.databasePath}${suffix}`).catch(() => {});
  }
  await deployment.publish(eventLine("during"));
  await subscriber.stdout.waitFor(/"during"/);
  const [row] = await untilListed(deployment, (rows) => rows.length > 0);
  assert.deepEqual([row?.["uri"], row?.["state"]], [service.uri, "alive"]);
  await deployment.publish(eventLine("later"));
  await subscriber.stdout.waitFor(/"later"/);
  const { code, stderr } = await service.program.stop();
  assert.equal(code, 0, stderr);
  const warnings = stderr.split("\n").filter((line) => / warn (?!Advertising)/.test(line));
  assert.equal(warnings.length, 1, warnings.join("\n"));
  assert.deepEqual(await listedPublishers(deployment), []);
});

Deno.test("serve removes a dead publisher, whatever else is in the table", async () => {
  await using deployment = await Deployment.create({
    "df.publisher_timeout": 1.5,
    "df.stale_publisher_poll_time": 0.2,
    "df.monitor_table_poll_time": 0.2,
  });
  await using survivor = await deployment.serve({ "df.publisher_id_name": "survivor" });
  await using subscriber = await deployment.subscribeHere(["--table", "publisher"]);
  await using db = await deployment.openDb();
  await db.create("publisher", "a-bad-row", '{"uuid": "no id and no time"}');
  await using dying = await deployment.serve({
    "df.publisher_id_name": "dying",
    "df.publisher_multiproc_socket": deployment.path("dying"),
  });
  const rows = await listedPublishers(deployment);
  const id = rows.find(({ uri }) => uri === dying.uri)?.["id"];
  assert.equal(rows.length, 3);
  await untilRefreshed(db, id);
  await dying.program.stop("SIGKILL");
  await survivor.program.stderr.waitFor(new RegExp(`Removing publisher "${id}"`));
  await subscriber.stdout.waitFor(new RegExp(`"key":"${id}","action":"delete"`));
  const left = await listedPublishers(deployment);
  const states = Object.fromEntries(left.map((row) => [row["uri"] ?? row["id"], row["state"]]));
  assert.deepEqual(states, { "a-bad-row": "unreadable", [survivor.uri]: "alive" });
  assert.equal(survivor.program.stderr.text.match(/a-bad-row/g)?.length, 1);
});

Deno.test("serve keeps the row of a live publisher and names both clocks, when that clock is an hour behind", async () => {
  await using deployment = await Deployment.create({
    "df.publisher_timeout": 1,
    "df.stale_publisher_poll_time": 0.1,
  });
  await using db = await deployment.openDb();
  const refresh = async () => {
    const seconds = Date.now() / 1000 - 3_600;
    const row = { id: "late", uri: "tcp://192.0.2.9:8866", last_activity_timestamp: seconds };
    await db.create("publisher", "late", JSON.stringify(row));
  };
  await refresh();
  await using service = await deployment.serve();
  for (const end = Date.now() + 4_000; Date.now() < end;) {
    await refresh();
    await setTimeout(200);
  }
  assert((await db.keys("publisher")).includes("late"));
  const { stderr } = await service.program.stop();
  assert(!stderr.includes('Removing publisher "late"'), stderr);
  const warnings = stderr.match(
    /The clock of publisher "late" .* is \d+ s behind the clock of host/g,
  );
  assert.equal(warnings?.length, 1, stderr);
});

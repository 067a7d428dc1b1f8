import assert from "node:assert/strict";
import type { NbDbDriver } from "../../drivers/contract/db.ts";
import { Deployment } from "../support/deployment.ts";
import { listedPublishers, parseRows } from "../support/publisher_list.ts";

const HOUR_S = 3_600;

/** Adds a publisher to the table that was last active `ageS` seconds ago. */
async function addPublisher(db: NbDbDriver, id: string, ageS: number): Promise<void> {
  const record = { id, uri: `tcp://${id}:8866`, last_activity_timestamp: Date.now() / 1000 - ageS };
  await db.create("publisher", id, JSON.stringify(record));
}

/** One alive, one stale and one unreadable row. */
async function threeRows(db: NbDbDriver): Promise<void> {
  await addPublisher(db, "alive", 10);
  await addPublisher(db, "stale", HOUR_S);
  await db.create("publisher", "unreadable", "no JSON");
}

const idsOf = (text: string) => parseRows(text).map(({ id }) => id);

Deno.test("publishers list distinguishes alive, stale and unreadable rows", async () => {
  await using deployment = await Deployment.create();
  await using db = await deployment.openDb();
  assert.deepEqual(await listedPublishers(deployment), []);
  await threeRows(db);
  const [alive, stale, unreadable] = await listedPublishers(deployment);
  assert.equal(alive?.["state"], "alive");
  assert.equal(alive?.["uri"], "tcp://alive:8866");
  assert.equal(stale?.["state"], "stale");
  assert(Math.abs(Number(stale?.["ageSeconds"]) - HOUR_S) < 60);
  assert.equal(unreadable?.["state"], "unreadable");
  assert.match(String(unreadable?.["reason"]), /JSON/);
});

Deno.test("publishers prune removes and reports stale rows, and --dry-run only reports them", async () => {
  await using deployment = await Deployment.create();
  await using db = await deployment.openDb();
  await threeRows(db);
  const dry = await deployment.runHere(["publishers", "prune", "--dry-run"]);
  assert.deepEqual([dry.code, idsOf(dry.stdout)], [0, ["stale"]]);
  assert.match(dry.stderr, /^would remove 1, 1 unreadable rows stay, see --include-unreadable$/m);
  assert.deepEqual(await db.keys("publisher"), ["alive", "stale", "unreadable"]);
  const real = await deployment.runHere(["publishers", "prune"]);
  assert.deepEqual([real.code, idsOf(real.stdout)], [0, ["stale"]]);
  assert.match(real.stderr, /^removed 1, /m);
  assert.match(real.stderr, /^ages depend on the clock of this host, 20/m);
  assert.deepEqual(await db.keys("publisher"), ["alive", "unreadable"]);
});

Deno.test("publishers prune accepts an age, and removes unreadable rows on request", async () => {
  await using deployment = await Deployment.create();
  await using db = await deployment.openDb();
  await threeRows(db);
  const long = await deployment.runHere(["publishers", "prune", "--older-than", "7200"]);
  assert.deepEqual([long.code, long.stdout], [0, ""]);
  const short = await deployment.runHere(["publishers", "prune", "--older-than", "5"]);
  assert.deepEqual(idsOf(short.stdout), ["alive", "stale"]);
  const rest = await deployment.runHere(["publishers", "prune", "--include-unreadable"]);
  assert.deepEqual(idsOf(rest.stdout), ["unreadable"]);
  assert.deepEqual(await db.keys("publisher"), []);
});

Deno.test("publishers list names both clocks, when a row is from the future", async () => {
  await using deployment = await Deployment.create();
  await using db = await deployment.openDb();
  await addPublisher(db, "early", -HOUR_S);
  for (const command of ["list", "prune"]) {
    const { code, stderr } = await deployment.runHere(["publishers", command]);
    assert.equal(code, 0, stderr);
    assert.match(
      stderr,
      /clock of publisher "early" at tcp:\/\/early:8866 is \d+ s ahead of the clock/,
    );
  }
});

Deno.test("publishers list --watch shows the table again when it changes, until a signal", async () => {
  await using deployment = await Deployment.create();
  await using db = await deployment.openDb();
  await addPublisher(db, "first", 1);
  await using watcher = deployment.start(["publishers", "list", "--watch"]);
  await watcher.stdout.waitForLines(1);
  await addPublisher(db, "second", 1);
  await watcher.stdout.waitForLines(3);
  const { code, stdout } = await watcher.stop("SIGINT");
  assert.equal(code, 0);
  assert.deepEqual(idsOf(stdout), ["first", "first", "second"]);
});

Deno.test("publishers list --watch continues, when the database cannot be read for a time", async () => {
  await using deployment = await Deployment.create();
  {
    await using db = await deployment.openDb();
    await addPublisher(db, "first", 1);
  }
  await using watcher = deployment.start(["publishers", "list", "--watch"]);
  await watcher.stdout.waitForLines(1);
  await Deno.remove(deployment.databasePath);
  await watcher.stderr.waitFor(/No database at /);
  await using db = await deployment.openDb();
  await addPublisher(db, "second", 1);
  await watcher.stdout.waitForLines(2);
  const { code, stdout } = await watcher.stop("SIGINT");
  assert.equal(code, 0);
  assert.deepEqual(idsOf(stdout), ["first", "second"]);
});

Deno.test("publishers exits 3, when the database cannot be opened", async () => {
  await using deployment = await Deployment.create();
  await Deno.mkdir(deployment.databasePath);
  for (const command of ["list", "prune"]) {
    const { code, stdout, stderr } = await deployment.runHere(["publishers", command]);
    assert.deepEqual([code, stdout], [3, ""], stderr);
    assert(stderr.includes(deployment.databasePath));
  }
});

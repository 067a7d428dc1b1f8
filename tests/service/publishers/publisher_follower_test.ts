import assert from "node:assert/strict";
import { dbUpdate } from "../../../service/event/db_update.ts";
import { PublisherFollower } from "../../../service/publishers/publisher_follower.ts";
import { FakeClock } from "../../support/fakes/fake_clock.ts";
import { Addresses, POLL_MS, setUpFollower as setUp } from "../../support/follower_fixture.ts";
import { RecordingLogger } from "../../support/fakes/recording_logger.ts";

const FIXED = "tcp://fixed:8866";

Deno.test("PublisherFollower follows each fixed address and each address of the table once", async () => {
  const { follower, appear, takeChanges } = await setUp([FIXED, FIXED]);
  await appear("a");
  await appear("other", { uri: "tcp://a:8866" });
  await appear("fixed");
  await follower.refresh();
  assert.deepEqual(takeChanges(), [`+${FIXED}`, "+tcp://a:8866"]);
  assert.deepEqual(follower.uris, [FIXED, "tcp://a:8866"]);
});

Deno.test("PublisherFollower also follows stale publishers, but does not count them as alive", async () => {
  const { follower, appear } = await setUp();
  await appear("alive");
  await appear("stale", { ageMs: 301_000 });
  await follower.refresh();
  assert.deepEqual(follower.uris, ["tcp://alive:8866", "tcp://stale:8866"]);
  assert.deepEqual(follower.aliveUris, ["tcp://alive:8866"]);
});

for (const update of [{ table: "publisher", key: "a" }, { table: null, key: null }]) {
  const action = update.table === null ? "sync" : "create";
  Deno.test(`PublisherFollower reads the table at once, when a ${action} event reports a change`, async () => {
    const { clock, follower, appear, start, takeChanges, abort } = await setUp();
    const running = start();
    await clock.settle();
    await appear("a");
    follower.note(dbUpdate({ ...update, action }));
    await clock.settle();
    assert.deepEqual(takeChanges(), ["+tcp://a:8866"]);
    abort.abort();
    await running;
  });
}

Deno.test("PublisherFollower does not read the table, when an event is about another table", async () => {
  const { db, clock, follower, start, abort } = await setUp();
  const running = start();
  await clock.settle();
  follower.note(dbUpdate({ table: "lport", key: "p", action: "create" }));
  await clock.settle();
  assert.equal(db.count("entries"), 1);
  abort.abort();
  await running;
});

Deno.test("PublisherFollower reads once more, when an event arrives while it reads", async () => {
  const { db, clock, follower, appear, start, takeChanges, abort } = await setUp();
  const running = start();
  await clock.settle();
  let isFirst = true;
  db.after = async () => {
    if (!isFirst) return;
    isFirst = false;
    await appear("late");
    follower.note(dbUpdate({ table: "publisher", key: "late", action: "create" }));
  };
  await clock.advance(POLL_MS);
  assert.deepEqual(takeChanges(), ["+tcp://late:8866"]);
  abort.abort();
  await running;
});

Deno.test("PublisherFollower keeps its connections, when the database is down", async () => {
  const { db, clock, appear, start, takeChanges, abort, log, follower } = await setUp([FIXED]);
  await appear("a");
  const running = start();
  await clock.settle();
  takeChanges();
  db.setDown(true);
  await clock.advance(10 * POLL_MS);
  assert.deepEqual(takeChanges(), []);
  assert.deepEqual(follower.uris, [FIXED, "tcp://a:8866"]);
  db.setDown(false);
  await clock.advance(POLL_MS);
  assert.equal(log.messages("warn").length, 1);
  assert.match(log.messages("info").at(-1) ?? "", /database reachable again after 300 s/);
  abort.abort();
  await running;
});

Deno.test("PublisherFollower begins with the fixed addresses, when the database is down", async () => {
  const { db, follower, takeChanges } = await setUp([FIXED]);
  db.setDown(true);
  await follower.refresh();
  assert.deepEqual(takeChanges(), [`+${FIXED}`]);
});

Deno.test("PublisherFollower warns about an invalid address once, and follows the others", async () => {
  const { direct, clock, follower, appear, log } = await setUp();
  await appear("bad", { uri: "carrier-pigeon" });
  await appear("secure", { uri: "tls://192.0.2.9:8867" });
  await appear("good");
  await direct.create("publisher", "junk", "{not a record");
  for (let polls = 0; polls < 3; polls++) {
    await follower.refresh();
    await clock.advance(60_000);
  }
  assert.deepEqual(follower.uris, ["tcp://good:8866"]);
  assert.deepEqual(log.messages("warn"), [
    'Ignored in the publishers table: row "bad" with uri "carrier-pigeon", wanted tcp://host:port',
    'Cannot follow publisher "tls://192.0.2.9:8867": Cannot subscribe to "tls://192.0.2.9:8867"',
  ]);
});

Deno.test("PublisherFollower ignores rows, when their address does not belong to another host", async () => {
  const { follower, appear, log } = await setUp([FIXED]);
  const unfit = [
    "ipc:///run/zmq_pubsub/zmq-publisher-socket",
    "inproc://events",
    "tcp://*:8866",
    "tcp://0.0.0.0:8866",
    "tcp://[::]:8866",
    "tcp://lo;a:8866",
    "tcp://a:0",
    "tcp://a:65536",
    "tcp://a",
    "tcp://user:secret@a:8866",
    "tcp://a:8866/path",
    "tcp://300.1.1.1:8866",
    "pgm://a;239.192.1.1:5555",
    `tcp://${"a".repeat(300)}:8866`,
    "tcp://a b:8866",
    "tcp://a\n:8866",
  ];
  for (const [index, uri] of unfit.entries()) await appear(`unfit${index}`, { uri });
  await appear("v6", { uri: "tcp://[2001:db8::1]:8866" });
  await appear("name", { uri: "tcp://node-1.example.com:8866" });
  await follower.refresh();
  assert.deepEqual(follower.uris, [
    FIXED,
    "tcp://node-1.example.com:8866",
    "tcp://[2001:db8::1]:8866",
  ]);
  assert.deepEqual(follower.aliveUris, follower.uris.slice(1));
  const [warning = "", ...others] = log.messages("warn");
  assert.deepEqual(others, []);
  assert.match(warning, /^Ignored in the publishers table: row "unfit0" with uri "ipc:\/\/\/run/);
  assert.match(warning, /, row "unfit10" with uri .* and 13 more, wanted tcp:\/\/host:port$/);
});

Deno.test("PublisherFollower warns about invalid rows once a minute, however often they change", async () => {
  const { follower, direct, clock, appear, log } = await setUp();
  for (let poll = 0; poll < 61; poll++) {
    await appear(`r${poll}`, { uri: "tcp://user:secret@a:1" });
    await follower.refresh();
    await direct.delete("publisher", `r${poll}`);
    await clock.advance(1_000);
  }
  assert.deepEqual(
    log.messages("warn"),
    ["r0", "r60"].map((row) =>
      `Ignored in the publishers table: row "${row}" with uri "tcp://…@a:1", wanted tcp://host:port`
    ),
  );
});

Deno.test("PublisherFollower names the fixed addresses that have no row", async () => {
  const { db, follower, appear } = await setUp([FIXED, "tcp://a:8866"]);
  db.setDown(true);
  await follower.refresh();
  assert.deepEqual(follower.unlistedUris, [FIXED, "tcp://a:8866"]);
  db.setDown(false);
  await appear("a", { ageMs: 301_000 });
  await appear("b");
  await follower.refresh();
  assert.deepEqual(follower.unlistedUris, [FIXED]);
});

Deno.test("PublisherFollower names no fixed address without a row that it cannot follow", async () => {
  const { follower } = await setUp([FIXED, "tls://192.0.2.9:8867"]);
  await follower.refresh();
  assert.deepEqual(follower.unlistedUris, [FIXED]);
});

Deno.test("PublisherFollower follows the fixed addresses alone, when it has no table", async () => {
  const addresses = new Addresses();
  const options = {
    fixedUris: [FIXED],
    pollMs: POLL_MS,
    clock: new FakeClock(),
    log: new RecordingLogger(),
  };
  const follower = new PublisherFollower(addresses, undefined, options);
  await follower.refresh();
  assert.deepEqual(addresses.history, [`+${FIXED}`]);
});

Deno.test("PublisherFollower makes no further connection, when it ends while it reads", async () => {
  const { db, clock, appear, start, takeChanges, abort, log } = await setUp();
  const running = start();
  await clock.settle();
  await appear("a");
  db.after = () => abort.abort();
  await clock.advance(POLL_MS);
  await running;
  assert.deepEqual(takeChanges(), []);
  assert.deepEqual(log.lines, []);
  assert.equal(clock.sleepers, 0);
});

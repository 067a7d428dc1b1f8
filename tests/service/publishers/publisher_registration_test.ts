import assert from "node:assert/strict";
import { FAKE_EPOCH_MS } from "../../support/fakes/fake_clock.ts";
import { publisherText } from "../../support/publisher_rows.ts";
import { setUpRegistration as setUp, TIMEOUT_MS } from "../../support/registration_fixture.ts";

Deno.test("PublisherRegistration.register writes the row, and close removes it", async () => {
  const { registration, direct, clock } = await setUp();
  assert.deepEqual({ ...registration.state }, {
    registered: false,
    lastRefreshAt: null,
    failure: undefined,
  });
  await Promise.all([registration.register(), registration.register()]);
  assert.deepEqual({ ...registration.state }, {
    registered: true,
    lastRefreshAt: FAKE_EPOCH_MS,
    failure: undefined,
  });
  assert.deepEqual(await direct.keys("publisher"), ["own"]);
  await Promise.all([registration.close(), registration.close()]);
  assert.deepEqual(await direct.keys("publisher"), []);
  assert.equal(registration.state.registered, false);
  assert.equal(clock.sleepers, 0);
});

Deno.test("PublisherRegistration keeps the row from becoming stale, when the publisher is idle", async () => {
  await using fixture = await setUp();
  const { registration, clock, lastActivity } = fixture;
  await registration.register();
  for (let elapsed = 0; elapsed < 20 * TIMEOUT_MS; elapsed += 10_000) {
    const ageMs = elapsed - await lastActivity();
    assert.ok(ageMs <= TIMEOUT_MS / 3, `${ageMs} ms old after ${elapsed} ms`);
    await clock.advance(10_000);
  }
});

Deno.test("PublisherRegistration keeps the row from becoming stale, whenever the last event was", async () => {
  for (let eventAt = 0; eventAt <= TIMEOUT_MS; eventAt += 20_000) {
    await using fixture = await setUp();
    const { registration, clock, lastActivity } = fixture;
    await registration.register();
    await clock.advance(eventAt);
    registration.noteActivity();
    for (let elapsed = eventAt; elapsed < 3 * TIMEOUT_MS; elapsed += 20_000) {
      const ageMs = elapsed - await lastActivity();
      assert.ok(ageMs <= TIMEOUT_MS / 3, `event at ${eventAt}: ${ageMs} ms old`);
      await clock.advance(20_000);
    }
  }
});

Deno.test("PublisherRegistration waits at least a second, when the timeout is tiny", async () => {
  await using fixture = await setUp({ timeoutMs: 30 });
  const { registration, clock, db } = fixture;
  await registration.register();
  await clock.advance(10_000);
  assert.equal(db.count("set"), 10);
});

Deno.test("PublisherRegistration.noteActivity refreshes at most as often as the limiter allows", async () => {
  await using fixture = await setUp();
  const { registration, clock, db, lastActivity } = fixture;
  await registration.register();
  for (let tick = 0; tick < 900; tick++) {
    registration.noteActivity();
    await clock.advance(100);
  }
  assert.equal(db.count("set"), 6, "two in each of three windows of 30 s");
  assert.ok(await lastActivity() > 60_000);
});

Deno.test("PublisherRegistration.noteActivity postpones the timer", async () => {
  await using fixture = await setUp();
  const { registration, clock, db } = fixture;
  await registration.register();
  await clock.advance(90_000);
  registration.noteActivity();
  await clock.advance(99_000);
  assert.equal(db.count("set"), 1);
  await clock.advance(2_000);
  assert.equal(db.count("set"), 2);
});

Deno.test("PublisherRegistration.noteActivity never waits and never writes twice at a time", async () => {
  let attempts = 0;
  await using fixture = await setUp({
    limiter: { tryAcquire: () => (attempts++, true), giveBack() {} },
  });
  const { registration, clock, db } = fixture;
  await registration.register();
  const slow = Promise.withResolvers<void>();
  db.before = ({ method }) => method === "get" ? slow.promise : undefined;
  const gets = db.count("get");
  for (let i = 0; i < 1_000; i++) registration.noteActivity();
  await clock.advance(2 * TIMEOUT_MS);
  assert.equal(db.count("get"), gets + 1, "not even the timer's");
  assert.equal(attempts, 1, "no slot is used for a write that is not attempted");
  slow.resolve();
  await clock.settle();
  assert.ok(registration.state.registered);
});

Deno.test("PublisherRegistration registers again, when its row has vanished", async () => {
  await using fixture = await setUp();
  const { registration, clock, direct, lastActivity } = fixture;
  await registration.register();
  await direct.delete("publisher", "own");
  await clock.advance(50_000);
  registration.noteActivity();
  await clock.settle();
  assert.equal(await lastActivity(), 50_000);
});

Deno.test("PublisherRegistration restores its row within seconds, when another process removed it", async () => {
  await using fixture = await setUp();
  const { registration, clock, direct, db } = fixture;
  await registration.register();
  await clock.advance(35_000);
  assert.equal(db.count("set"), 0, "a check costs no write");
  await direct.set("publisher", "own", publisherText("own", -35_000, "tcp://other:8866"));
  await clock.advance(10_000);
  assert.equal(registration.state.registered, false);
  await direct.delete("publisher", "own");
  await clock.advance(10_000);
  assert.equal(registration.state.registered, true);
  assert.deepEqual(await direct.keys("publisher"), ["own"]);
});

Deno.test("PublisherRegistration is not registered, while a service with the same id has the row", async () => {
  await using fixture = await setUp();
  const { registration, clock, direct, log } = fixture;
  await registration.register();
  const other = publisherText("own", -60_000, "tcp://other:8866");
  await direct.set("publisher", "own", other);
  await clock.advance(100_000);
  assert.equal(registration.state.registered, false);
  assert.match(log.messages("warn")[0] ?? "", /set \[df\] publisher_id_name/);
  await registration.close();
  assert.equal(await direct.get("publisher", "own"), other);
});

Deno.test("PublisherRegistration.close waits for the write in progress, and then removes the row", async () => {
  const { registration, clock, db, direct } = await setUp();
  await registration.register();
  const slow = Promise.withResolvers<void>();
  db.before = ({ method }) => method === "set" ? slow.promise : undefined;
  registration.noteActivity();
  await clock.settle();
  const closing = registration.close();
  await clock.settle();
  assert.deepEqual(await direct.keys("publisher"), ["own"]);
  slow.resolve();
  await closing;
  assert.deepEqual(await direct.keys("publisher"), []);
  registration.noteActivity();
  await clock.advance(2 * TIMEOUT_MS);
  assert.deepEqual(await direct.keys("publisher"), []);
});

Deno.test("PublisherRegistration.close succeeds, when nothing was registered", async () => {
  const { registration, db, log } = await setUp({ keepsRow: true });
  await registration.close();
  assert.deepEqual(db.calls, []);
  assert.deepEqual(log.lines, [], "there is no row to keep");
});

import assert from "node:assert/strict";
import { DriverError } from "../../../drivers/contract/errors.ts";
import { unreachable } from "../../support/fakes/fake_db.ts";
import { setUpRegistration as setUp } from "../../support/registration_fixture.ts";

Deno.test("PublisherRegistration.noteActivity frees the slot, when the write fails", async () => {
  await using fixture = await setUp();
  const { registration, clock, db } = fixture;
  await registration.register();
  for (let outage = 0; outage < 5; outage++) {
    db.setDown(true);
    registration.noteActivity();
    await clock.settle();
    db.setDown(false);
    await clock.advance(1_000);
  }
  const before = db.count("set");
  registration.noteActivity();
  await clock.settle();
  assert.equal(db.count("set"), before + 1);
});

Deno.test("PublisherRegistration.noteActivity and noteGone do not speed up retries, when the database is down", async () => {
  await using fixture = await setUp();
  const { registration, clock, db } = fixture;
  await registration.register();
  db.setDown(true);
  const before = db.calls.length;
  for (let i = 0; i < 600; i++) {
    registration.noteActivity();
    registration.noteGone();
    await clock.advance(100);
  }
  // At 0, 1, 3, 7, 15, 31 s; the next attempt is at 61 s.
  assert.equal(db.calls.length - before, 6);
});

Deno.test("PublisherRegistration logs the start and the end of an outage once each", async () => {
  await using fixture = await setUp();
  const { registration, clock, db, log, lastActivity } = fixture;
  await registration.register();
  log.clear();
  db.setDown(true);
  await clock.advance(100_000 + 600_000);
  assert.equal(log.messages("warn").length, 1);
  assert.match(log.messages("warn")[0] ?? "", /database unreachable since 2016-05-06T15:20:10/);
  db.setDown(false);
  await clock.advance(30_000);
  assert.equal(log.messages("info").length, 1);
  assert.match(
    log.messages("info")[0] ?? "",
    /database reachable again after \d+(\.\d)? s, \d+ failed/,
  );
  assert.ok(await lastActivity() > 700_000);
});

Deno.test("PublisherRegistration.register waits, when the database is down at the start", async () => {
  await using fixture = await setUp();
  const { registration, clock, db, log } = fixture;
  db.setDown(true);
  let isRegistered = false;
  const registering = registration.register().then(() => isRegistered = true);
  await clock.advance(60_000);
  assert.equal(isRegistered, false);
  assert.equal(log.messages("warn").length, 1);
  db.setDown(false);
  await clock.advance(30_000);
  await registering;
  assert.ok(registration.state.registered);
});

Deno.test("PublisherRegistration.close reports the remaining row, when the database is down", async () => {
  const { registration, db, log } = await setUp();
  await registration.register();
  db.before = () => {
    throw unreachable();
  };
  await registration.close();
  assert.deepEqual(log.messages("warn"), [
    'Cannot deregister publisher "own": Connection refused',
  ]);
});

Deno.test("PublisherRegistration.register rejects, when it is closed before the row was written", async () => {
  const { registration, db, clock } = await setUp();
  db.setDown(true);
  const registering = registration.register();
  await clock.settle();
  await registration.close();
  await assert.rejects(registering, (error) => {
    return error instanceof DriverError && error.code === "CLOSED";
  });
  await assert.rejects(registration.register(), /is closed/);
  assert.equal(clock.sleepers, 0);
});

import assert from "node:assert/strict";
import { setUpRegistration as setUp, TIMEOUT_MS } from "../../support/registration_fixture.ts";

Deno.test("PublisherRegistration.check writes the row at most every ten seconds, and reports a failure", async () => {
  await using fixture = await setUp();
  const { registration, clock, db } = fixture;
  await registration.check();
  assert.equal(db.calls.length, 0, "nothing is written before it is registered");
  await registration.register();
  await registration.check();
  assert.equal(db.count("set"), 0);
  await clock.advance(9_999);
  await registration.check();
  assert.equal(db.count("set"), 0);
  await clock.advance(1);
  await registration.check();
  assert.equal(db.count("set"), 1);
  await clock.advance(10_000);
  db.setDown(true);
  await registration.check();
  assert.equal(registration.state.failure, "Connection refused");
  assert.equal(registration.state.registered, true);
});

Deno.test("PublisherRegistration.check detects within one second that the row can be written again", async () => {
  await using fixture = await setUp();
  const { registration, clock, db } = fixture;
  await registration.register();
  db.setDown(true);
  await clock.advance(100_000);
  assert.notEqual(registration.state.failure, undefined);
  db.setDown(false);
  await clock.advance(1_000);
  await registration.check();
  assert.equal(registration.state.failure, undefined);
});

Deno.test("PublisherRegistration.check causes a retry after a second, when it fails", async () => {
  await using fixture = await setUp();
  const { registration, clock, db } = fixture;
  await registration.register();
  await clock.advance(13_000);
  db.setDown(true);
  await registration.check();
  db.setDown(false);
  await clock.advance(1_000);
  assert.equal(registration.state.failure, undefined);
});

Deno.test("PublisherRegistration.state reports a write that does not end within five seconds", async () => {
  await using fixture = await setUp();
  const { registration, clock, db } = fixture;
  await registration.register();
  const { promise: answer, resolve } = Promise.withResolvers<void>();
  db.before = () => answer;
  await clock.advance(15_000);
  assert.equal(registration.state.failure, undefined, "the database is slow");
  await clock.advance(1_000);
  assert.match(registration.state.failure ?? "", /^not written within \d+ s$/);
  resolve();
  await clock.advance(TIMEOUT_MS);
  assert.equal(registration.state.failure, undefined);
});

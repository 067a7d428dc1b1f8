import assert from "node:assert/strict";
import { PublisherChoice } from "../../../service/publishers/publisher_choice.ts";
import {
  PUBLISHER_SECURITY_TABLE,
  PublisherSecurity,
} from "../../../service/publishers/publisher_security.ts";
import { PublishersTable } from "../../../service/publishers/publishers_table.ts";
import { FakeClock } from "../../support/fakes/fake_clock.ts";
import { FakeDb } from "../../support/fakes/fake_db.ts";
import { publisherText } from "../../support/publisher_rows.ts";

const PLAIN = "tcp://192.0.2.1:8866";
const SECURE = "tls://192.0.2.1:8867";

async function table() {
  const { db, direct } = await FakeDb.open();
  await direct.create("publisher", "one", publisherText("one", 0, PLAIN));
  await direct.create("publisher", "two", publisherText("two", 0, "tcp://192.0.2.2:8866"));
  await new PublisherSecurity(db).announce("one", SECURE);
  return { db, direct, security: new PublisherSecurity(db) };
}

async function choices(secures: "on" | "required" | undefined, fixed: readonly string[] = []) {
  const { db } = await table();
  const options = { clock: new FakeClock(), timeoutMs: 300_000, withSecurity: true };
  const rows = (await new PublishersTable(db, options).list())
    .filter((row) => row.state !== "unreadable");
  const choice = new PublisherChoice(rows, secures);
  return [...choice.of(rows), ...choice.ofFixed(fixed)];
}

Deno.test("PublisherChoice takes the address for TLS of publishers that have one, with on and required", async () => {
  const other = "tcp://192.0.2.2:8866";
  assert.deepEqual(await choices(undefined, [PLAIN]), [PLAIN, other, PLAIN]);
  assert.deepEqual(await choices("on", [PLAIN, other]), [SECURE, other, SECURE, other]);
  const secureOther = "tls://192.0.2.2:8866";
  assert.deepEqual(await choices("required", [PLAIN, other]), [SECURE, other, SECURE, secureOther]);
});

Deno.test("PublisherSecurity ignores a row that has no address for TLS", async () => {
  const { direct, security } = await table();
  const invalid = ["", "[]", '{"tls": 1}', `{"tls": "${PLAIN}"}`, '{"tls": "tls://*:1"}'];
  for (const [index, text] of invalid.entries()) {
    await direct.create(PUBLISHER_SECURITY_TABLE, `bad-${index}`, text);
  }
  assert.deepEqual([...await security.addresses()], [["one", SECURE]]);
});

Deno.test("PublishersTable prunes the address for TLS with its publisher", async () => {
  const { db, security } = await table();
  const clock = new FakeClock();
  await new PublishersTable(db, { clock, timeoutMs: 300_000 }).prune({ olderThanMs: -1_000_000 });
  assert.deepEqual([...await security.addresses()], []);
});

import assert from "node:assert/strict";
import { OwnPublisherRow } from "../../../service/publishers/own_publisher_row.ts";
import { PublisherSecurity } from "../../../service/publishers/publisher_security.ts";
import { FakeClock } from "../../support/fakes/fake_clock.ts";
import { FakeDb } from "../../support/fakes/fake_db.ts";
import { RecordingLogger } from "../../support/fakes/recording_logger.ts";

const SECURE = "tls://192.0.2.1:8867";

async function setUp() {
  const { db, direct } = await FakeDb.open();
  const log = new RecordingLogger();
  const rowWith = (secureUri: string | undefined) =>
    new OwnPublisherRow(db, {
      id: "own",
      uri: "tcp://192.0.2.1:8866",
      secureUri,
      isLoopback: false,
      hostIds: new Set(["own"]),
      timeoutMs: 300_000,
      clock: new FakeClock(),
      log,
    });
  const secure = async () => (await new PublisherSecurity(direct).addresses()).get("own");
  return { db, direct, log, rowWith, secure };
}

Deno.test("OwnPublisherRow.claim announces the address for TLS before the row", async () => {
  const { db, log, rowWith, secure } = await setUp();
  await rowWith(SECURE).claim();
  assert.equal(await secure(), SECURE);
  const written = db.calls.filter(({ method }) => method === "create").map(({ table }) => table);
  assert.deepEqual(written, ["publisher_security", "publisher"]);
  assert.match(log.messages("info")[0] ?? "", /8866, and with TLS at tls:\/\/192\.0\.2\.1:8867$/);
});

Deno.test("OwnPublisherRow.claim removes the address for TLS of an earlier run, when TLS is off", async () => {
  const { log, rowWith, secure } = await setUp();
  await rowWith(SECURE).claim();
  await rowWith(undefined).claim();
  assert.equal(await secure(), undefined);
  assert.match(log.messages("info").at(-1) ?? "", /8866$/);
});

Deno.test("OwnPublisherRow.refresh writes the address for TLS again, when it is gone", async () => {
  const { direct, rowWith, secure } = await setUp();
  const row = rowWith(SECURE);
  await row.claim();
  await direct.delete("publisher_security", "own");
  await row.refresh();
  assert.equal(await secure(), SECURE);
});

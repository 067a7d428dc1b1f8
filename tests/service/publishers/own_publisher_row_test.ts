import assert from "node:assert/strict";
import { DbKeyNotFound, DbUnavailable } from "../../../drivers/contract/errors.ts";
import { OwnPublisherRow } from "../../../service/publishers/own_publisher_row.ts";
import { RETIRED_URI } from "../../../service/publishers/publisher_record.ts";
import { FAKE_EPOCH_MS, FakeClock } from "../../support/fakes/fake_clock.ts";
import { FakeDb, unreachable } from "../../support/fakes/fake_db.ts";
import { publisherText } from "../../support/publisher_rows.ts";
import { RecordingLogger } from "../../support/fakes/recording_logger.ts";

const TIMEOUT_MS = 300_000;

async function setUp() {
  const { db, direct } = await FakeDb.open();
  const clock = new FakeClock();
  const log = new RecordingLogger();
  const make = (uri: string) =>
    new OwnPublisherRow(db, {
      id: "own",
      uri,
      isLoopback: uri.includes("127.0.0.1"),
      hostIds: new Set(["own", "own-before"]),
      timeoutMs: TIMEOUT_MS,
      clock,
      log,
    });
  const text = () => direct.get("publisher", "own");
  return { db, direct, clock, log, make, row: make("tcp://own:8866"), text };
}

Deno.test("OwnPublisherRow.claim writes the same record as the original", async () => {
  const { row, text } = await setUp();
  await row.claim();
  const wanted = '{"id": "own", "uri": "tcp://own:8866", "last_activity_timestamp": 1462548000.0}';
  assert.equal(await text(), wanted);
});

Deno.test("OwnPublisherRow.claim suggests publisher_id_name, when a live row with its id has another address", async () => {
  const { row, direct, log, text } = await setUp();
  await direct.create("publisher", "own", publisherText("own", 1_000, "tcp://other:8866"));
  await row.claim();
  assert.equal(log.messages("warn").length, 1);
  assert.match(log.messages("warn")[0] ?? "", /tcp:\/\/other:8866.*set \[df\] publisher_id_name/);
  assert.equal(JSON.parse(await text()).uri, "tcp://own:8866");
});

for (
  const [what, before] of [
    ["stale", publisherText("own", 2 * TIMEOUT_MS, "tcp://other:8866")],
    ["our own of before", publisherText("own", 1_000, "tcp://own:8866")],
    ["unreadable", "junk"],
  ] as const
) {
  Deno.test(`OwnPublisherRow.claim replaces a row without a warning, when it is ${what}`, async () => {
    const { row, direct, log, text } = await setUp();
    await direct.create("publisher", "own", before);
    await row.claim();
    assert.deepEqual(log.messages("warn"), []);
    assert.equal(await text(), publisherText("own", 0, "tcp://own:8866"));
  });
}

Deno.test("OwnPublisherRow.refresh sets the time and keeps the other fields of the row", async () => {
  const { row, direct, clock, text } = await setUp();
  await row.claim();
  await direct.set("publisher", "own", (await text()).replace("}", ', "name": "n", "x": [1]}'));
  await clock.advance(1_500);
  assert.equal(await row.refresh(), true);
  assert.deepEqual(JSON.parse(await text()), {
    id: "own",
    uri: "tcp://own:8866",
    last_activity_timestamp: (FAKE_EPOCH_MS + 1_500) / 1000,
    name: "n",
    x: [1],
  });
});

Deno.test("OwnPublisherRow.refresh registers again, when the row has vanished", async () => {
  const { row, direct, log, text } = await setUp();
  await row.claim();
  await direct.delete("publisher", "own");
  assert.equal(await row.refresh(), true);
  assert.equal(JSON.parse(await text()).id, "own");
  assert.match(log.messages("info").at(-1) ?? "", /again: its row was gone$/);
});

Deno.test("OwnPublisherRow.refresh registers again, when the row vanishes between read and write", async () => {
  const { row, db, direct, text } = await setUp();
  await row.claim();
  db.before = async ({ method }) => {
    if (method === "set") await direct.delete("publisher", "own");
  };
  assert.equal(await row.refresh(), true);
  assert.equal(JSON.parse(await text()).id, "own");
});

Deno.test("OwnPublisherRow.refresh repairs the row, when another process made it unreadable", async () => {
  const { row, direct, text } = await setUp();
  await row.claim();
  await direct.set("publisher", "own", "null");
  assert.equal(await row.refresh(), true);
  assert.equal(JSON.parse(await text()).id, "own");
});

Deno.test("OwnPublisherRow yields to a live service with its id, with one warning, and registers again after it", async () => {
  const { row, make, log, clock, text } = await setUp();
  const other = make("tcp://other:8866");
  await row.claim();
  await other.claim();
  log.clear();
  for (let i = 0; i < 3; i++) {
    assert.equal(await row.refresh(), false);
    assert.equal(await other.refresh(), true);
  }
  assert.equal(JSON.parse(await text()).uri, "tcp://other:8866");
  assert.equal(log.messages("warn").length, 1);
  await clock.advance(TIMEOUT_MS + 1_000);
  assert.equal(await row.refresh(), true, "the other service became silent");
  assert.equal(JSON.parse(await text()).uri, "tcp://own:8866");
  assert.equal(await other.refresh(), false);
  await other.claim();
  log.clear();
  assert.equal(await row.refresh(), false);
  assert.equal(log.messages("warn").length, 1, "a second conflict is logged again");
  await row.claim();
  assert.equal(await row.remove(), true);
  assert.equal(await other.refresh(), true, "the other service stopped");
});

Deno.test("OwnPublisherRow.remove removes the row that it wrote, and no row that another service wrote since", async () => {
  const { row, make, direct } = await setUp();
  assert.equal(await row.remove(), false, "nothing written");
  await row.claim();
  await make("tcp://other:8866").claim();
  assert.equal(await row.remove(), false);
  assert.deepEqual(await direct.keys("publisher"), ["own"]);
  await row.claim();
  assert.equal(await row.remove(), true);
  await assert.rejects(direct.get("publisher", "own"), DbKeyNotFound);
});

for (const isDone of [true, false]) {
  const outcome = isDone ? "done" : "not done";
  Deno.test(`OwnPublisherRow.remove finds its row, when the last write failed and was ${outcome}`, async () => {
    const { row, db, direct, clock } = await setUp();
    await row.claim();
    await clock.advance(1_000);
    db[isDone ? "after" : "before"] = ({ method }) => {
      if (method === "set") throw unreachable();
    };
    await assert.rejects(row.refresh());
    assert.equal(await row.remove(), true);
    assert.deepEqual(await direct.keys("publisher"), []);
  });
}

Deno.test("OwnPublisherRow.claim names other rows that announce its address, and removes none", async () => {
  const { row, direct, log } = await setUp();
  await direct.create("publisher", "before", publisherText("before", 9_000, "tcp://own:8866"));
  await direct.create("publisher", "own", publisherText("own", 1_000, "tcp://own:8866"));
  await direct.create("publisher", "third", publisherText("third", 9_000, "tcp://third:8866"));
  await row.claim();
  assert.deepEqual((await direct.entries("publisher")).map(({ value }) => value), [
    publisherText("before", 0, RETIRED_URI),
    publisherText("own", 0, "tcp://own:8866"),
    publisherText("third", 9_000, "tcp://third:8866"),
  ]);
  assert.match(log.messages("info").at(-1) ?? "", /Retired publisher row "before"/);
});

Deno.test("OwnPublisherRow.claim skips a row that announces its address, when that row is gone by then", async () => {
  const { row, db, direct } = await setUp();
  await direct.create("publisher", "before", publisherText("before", 9_000, "tcp://own:8866"));
  db.before = ({ method }) => method === "set" ? Promise.reject(unreachable()) : undefined;
  await assert.rejects(row.claim(), DbUnavailable);
  db.before = async ({ method }) => {
    if (method === "set") await direct.delete("publisher", "before");
  };
  await row.claim();
  assert.deepEqual(await direct.keys("publisher"), ["own"]);
});

Deno.test("OwnPublisherRow.claim names only rows of this host, when its address is a loopback", async () => {
  const { make, direct } = await setUp();
  const uri = "tcp://127.0.0.1:8866";
  await direct.create("publisher", "own-before", publisherText("own-before", 0, uri));
  await direct.create("publisher", "other-host", publisherText("other-host", 0, uri));
  await make(uri).claim();
  const uris = (await direct.entries("publisher")).map(({ value }) => JSON.parse(value).uri);
  assert.deepEqual(uris, [uri, uri, RETIRED_URI]);
});

Deno.test("OwnPublisherRow.refresh warns once, when another service also refreshes the row", async () => {
  const { row, make, clock, log } = await setUp();
  await row.claim();
  const other = make("tcp://own:8866");
  for (let i = 0; i < 3; i++) {
    await clock.advance(10_000);
    assert.equal(await other.refresh(), true);
    await clock.advance(10_000);
    assert.equal(await row.refresh(), true);
  }
  const warnings = log.messages("warn");
  assert.equal(warnings.length, 2, "one of each");
  assert.match(warnings[0] ?? "", /two services announce one address.*set \[df\] management_ip/);
});

Deno.test("OwnPublisherRow recognizes its row and removes it, after many failed writes", async () => {
  const { db, row, direct, clock, log } = await setUp();
  await row.claim();
  await clock.advance(1_000);
  assert.equal(await row.refresh(), true);
  db.before = ({ method }) => {
    if (method === "set") throw unreachable();
  };
  for (let i = 0; i < 20; i++) {
    await clock.advance(1_000);
    await assert.rejects(row.refresh());
  }
  assert.equal(await row.refresh(false), true);
  assert.deepEqual(log.messages("warn"), []);
  assert.equal(await row.remove(), true);
  assert.deepEqual(await direct.keys("publisher"), []);
});

Deno.test("OwnPublisherRow.refresh suggests management_ip, when another service took over the row", async () => {
  const { row, direct, log } = await setUp();
  await row.claim();
  await direct.set("publisher", "own", publisherText("own", 0, RETIRED_URI));
  assert.equal(await row.refresh(), false);
  assert.match(
    log.messages("warn").join(),
    /two services announce tcp:\/\/own:8866: set \[df\] management_ip/,
  );
});

for (const [direction, skewMs] of [["behind", -3_600_000], ["ahead", 3_600_000]] as const) {
  Deno.test(`OwnPublisherRow.refresh yields to a live service with its id, when that clock is ${direction}`, async () => {
    const { row, direct, clock } = await setUp();
    await row.claim();
    for (let ms = 0; ms < 2 * TIMEOUT_MS; ms += 100_000) {
      const text = publisherText("own", -(ms + skewMs), "tcp://other:8866");
      await direct.set("publisher", "own", text);
      assert.equal(await row.refresh(), false);
      await clock.advance(100_000);
    }
    await clock.advance(TIMEOUT_MS);
    assert.equal(await row.refresh(), true, "the other service became silent");
  });
}

import assert from "node:assert/strict";
import { decodeUpdate } from "../../../service/event/codec/decode.ts";
import { encodeUpdate } from "../../../service/event/codec/encode.ts";
import { dbUpdate } from "../../../service/event/db_update.ts";
import { takeOverRow } from "../../../service/controller/publisher_identity.ts";
import { publisherId } from "../../../service/publishers/publisher_id.ts";
import { Collector } from "../../support/collector.ts";
import { publisherText } from "../../support/publisher_rows.ts";
import { OWN_ID, serviceParts, startService } from "../../support/service_fixture.ts";

const URI = "tcp://192.0.2.7:8866";
const LOOPBACK = "tcp://127.0.0.1:8866";
const PROCESS_ID = await publisherId("MainProcess.node.example.com");
const OTHER_ID = await publisherId("other.example.com");

interface Case {
  readonly when: string;
  /** Row keys with their age in seconds and their address. */
  readonly rows: readonly (readonly [string, number, string])[];
  readonly overrides?: Readonly<Record<string, string>>;
  readonly id: string;
}

const CASES: readonly Case[] = [
  { when: "the table is empty", rows: [], id: OWN_ID },
  {
    when: "another row announces its address",
    rows: [[OTHER_ID, 10, URI]],
    id: OTHER_ID,
  },
  {
    when: "another row announces its address with TLS",
    rows: [[OTHER_ID, 10, "tls://192.0.2.7:8866"]],
    id: OTHER_ID,
  },
  {
    when: "a stale row announces its address",
    rows: [[PROCESS_ID, 86_400, URI]],
    id: PROCESS_ID,
  },
  {
    when: "only rows whose keys cannot be in a stamp announce its address",
    rows: [["controller-1", 1, URI], [OTHER_ID.toUpperCase(), 1, URI]],
    id: OWN_ID,
  },
  {
    when: "its own row and another announce its address",
    rows: [[OTHER_ID, 1, URI], [OWN_ID, 100, URI]],
    id: OWN_ID,
  },
  {
    when: "two others announce its address",
    rows: [[OTHER_ID, 100, URI], [PROCESS_ID, 1, URI]],
    id: PROCESS_ID,
  },
  {
    when: "others announce other addresses",
    rows: [[OTHER_ID, 1, "tcp://192.0.2.7:8867"]],
    id: OWN_ID,
  },
  {
    when: "its own row announces another address",
    rows: [[OWN_ID, 1, "tcp://192.0.2.8:8866"]],
    id: OWN_ID,
  },
  {
    when: "the row of another host announces the same loopback address",
    rows: [[OTHER_ID, 1, LOOPBACK]],
    overrides: { "df.local_ip": "127.0.0.1" },
    id: OWN_ID,
  },
  {
    when: "a row of the original on this host announces its loopback address",
    rows: [[PROCESS_ID, 1, LOOPBACK]],
    overrides: { "df.local_ip": "127.0.0.1" },
    id: PROCESS_ID,
  },
  {
    when: "the system chooses its port",
    rows: [[OTHER_ID, 1, URI]],
    overrides: { "df.publisher_port": "0" },
    id: OWN_ID,
  },
];

for (const { when, rows, overrides, id } of CASES) {
  const what = id === OWN_ID ? "keeps the id of the host's name" : "takes over the id of a row";
  Deno.test(`takeOverRow ${what}, when ${when}`, async () => {
    const parts = await serviceParts({
      "df.local_ip": "192.0.2.7",
      "df.publisher_port": "8866",
      ...overrides,
    });
    const db = await parts.drivers.direct();
    for (const [key, ageS, uri] of rows) {
      await db.create("publisher", key, publisherText(key, ageS * 1_000, uri));
    }
    const taken = await takeOverRow(parts, db);
    assert.equal(taken.ownId, id);
    assert.deepEqual(parts.log.messages("warn"), []);
  });
}

Deno.test("takeOverRow keeps the id of the host's name and warns, when the table cannot be read", async () => {
  const parts = await serviceParts();
  const entries = () => Promise.reject(new Error("no answer"));
  const taken = await takeOverRow(parts, { entries });
  assert.equal(taken.ownId, OWN_ID);
  assert.match(parts.log.messages("warn").join(), /no answer/);
});

Deno.test("PublisherService stamps events with the id of the row that it took over, and registers that id", async () => {
  const parts = await serviceParts({ "df.local_ip": "192.0.2.7", "df.publisher_port": "8866" });
  const db = await parts.drivers.direct();
  await db.create("publisher", OTHER_ID, publisherText(OTHER_ID, 1_000, URI));
  await using service = await startService(parts);
  await service.ready();
  assert.deepEqual(await db.keys("publisher"), [OTHER_ID]);
  await using subscriber = await parts.drivers.network.openSubscriber();
  subscriber.registerTopic("D");
  const batches = Collector.reading(subscriber.batches());
  const publisher = await parts.drivers.local.openPublisher();
  const update = dbUpdate({ table: "lport", key: "p", action: "delete" });
  publisher.trySend("D", encodeUpdate(update, "map"));
  await batches.has((items) => items.flat().length > 0, "an event");
  const [frame] = batches.items.flat();
  assert(frame !== undefined);
  assert.equal(decodeUpdate(frame.payload, "D").origin?.publisher, OTHER_ID);
});

import assert from "node:assert/strict";
import {
  publisherRateLimitCount,
  publisherTimeout,
} from "../../../service/config/options/publishers.ts";
import {
  announcedAddressFor,
  registrationFor,
} from "../../../service/controller/registration_for.ts";
import { ChangingSettings } from "../../support/fakes/changing_settings.ts";
import { FAKE_EPOCH_MS } from "../../support/fakes/fake_clock.ts";
import { OWN_ID, serviceParts } from "../../support/service_fixture.ts";

/** Registers a service bound to `address`. Returns its row and its warnings. */
async function registered(overrides: Readonly<Record<string, string>>, address: string) {
  const parts = await serviceParts(overrides);
  const db = await parts.drivers.direct();
  await using registration = registrationFor(parts, { db, boundAddress: address });
  announcedAddressFor(parts, { db, boundAddress: address });
  await registration.register();
  const [row] = await db.entries("publisher");
  return {
    key: row?.key,
    row: JSON.parse(row?.value ?? "null"),
    warnings: parts.log.messages("warn"),
  };
}

const CASES: readonly (readonly [Readonly<Record<string, string>>, string, string])[] = [
  [{ "df.local_ip": "192.0.2.7" }, "tcp://0.0.0.0:8866", "tcp://192.0.2.7:8866"],
  [
    { "df.local_ip": "192.0.2.7", "df.publisher_port": "0" },
    "tcp://0.0.0.0:40123",
    "tcp://192.0.2.7:40123",
  ],
  [
    { "df.local_ip": "192.0.2.7", "df.publisher_bind_address": "192.0.2.8" },
    "tcp://192.0.2.8:8866",
    "tcp://192.0.2.8:8866",
  ],
  [{ "df.local_ip": "2001:db8::7" }, "tcp://[::]:8866", "tcp://[2001:db8::7]:8866"],
  [
    { "df.local_ip": "192.0.2.7", "df.management_ip": "192.0.2.9" },
    "tcp://0.0.0.0:8866",
    "tcp://192.0.2.9:8866",
  ],
  [{ "df.management_ip": "192.0.2.9" }, "no port", "tcp://192.0.2.9:8866"],
  [{ "df.local_ip": "192.0.2.7", "df.publisher_port": "0" }, "no port", "tcp://192.0.2.7:8866"],
];

for (const [overrides, address, uri] of CASES) {
  const given = Object.entries(overrides).map((pair) => pair.join("=")).join(" ");
  Deno.test(`registrationFor advertises ${uri}, when bound to ${address} with ${given}`, async () => {
    const { row, warnings } = await registered(overrides, address);
    assert.equal(row.uri, uri);
    assert.deepEqual(warnings, []);
  });
}

Deno.test("registrationFor warns, when the advertised address is a loopback", async () => {
  const { row, warnings } = await registered({ "df.publisher_port": "0" }, "tcp://0.0.0.0:40123");
  assert.equal(row.uri, "tcp://127.0.0.1:40123");
  assert.deepEqual(warnings, [
    "Advertising tcp://127.0.0.1:40123, which only this host can reach: set [df] management_ip",
  ]);
});

Deno.test("registrationFor names the interface's option, when bound to a loopback interface by name", async () => {
  const bind = { "df.publisher_bind_address": "lo" };
  const { row, warnings } = await registered(bind, "tcp://127.0.0.1:8866");
  assert.equal(row.uri, "tcp://127.0.0.1:8866");
  assert.match(warnings[0] ?? "", /only this host can reach: set \[df\] publisher_bind_address$/);
});

Deno.test("registrationFor warns, when the bind address overrides management_ip", async () => {
  const options = { "df.publisher_bind_address": "192.0.2.8", "df.management_ip": "192.0.2.9" };
  const { row, warnings } = await registered(options, "tcp://192.0.2.8:8866");
  assert.equal(row.uri, "tcp://192.0.2.8:8866");
  assert.deepEqual(warnings, [
    '[df] management_ip "192.0.2.9" has no effect: the service announces tcp://192.0.2.8:8866 ' +
    "because of [df] publisher_bind_address",
  ]);
});

Deno.test("registrationFor writes a row with this host's name", async () => {
  assert.equal((await registered({}, "tcp://0.0.0.0:1")).key, OWN_ID);
});

Deno.test("registrationFor refreshes on activity at most as often as configured", async () => {
  const parts = await serviceParts({
    "df.publisher_rate_limit_count": "3",
    "df.publisher_rate_limit_timeout": "10",
  });
  const client = await parts.drivers.loadDbDriver();
  await using registration = registrationFor(parts, {
    db: client,
    boundAddress: "tcp://0.0.0.0:1",
  });
  await registration.register();
  for (let noted = 0; noted < 10; noted++) {
    registration.noteActivity();
    await parts.clock.advance(100);
  }
  assert.equal(parts.drivers.clients[0]?.count("set"), 3);
});

Deno.test("registrationFor refreshes an idle row three times in publisher_timeout", async () => {
  const parts = await serviceParts({ "df.publisher_timeout": "30" });
  const client = await parts.drivers.loadDbDriver();
  await using registration = registrationFor(parts, {
    db: client,
    boundAddress: "tcp://0.0.0.0:1",
  });
  await registration.register();
  await parts.clock.advance(30_000);
  assert.equal(parts.drivers.clients[0]?.count("set"), 3);
});

Deno.test("registrationFor refreshes the row according to the current settings, from look() on", async () => {
  const parts = await serviceParts();
  const settings = new ChangingSettings(parts.settings);
  const db = await parts.drivers.direct();
  await using registration = registrationFor({ ...parts, settings }, {
    db,
    boundAddress: "tcp://192.0.2.8:8866",
  });
  const { clock } = parts;
  await registration.register();
  const refreshed = () => (registration.state.lastRefreshAt ?? NaN) - FAKE_EPOCH_MS;
  await clock.advance(20_000);
  assert.equal(refreshed(), 0);
  settings.set(publisherTimeout, 30);
  registration.look();
  await clock.advance(1);
  assert.equal(refreshed(), 20_000);
  await clock.advance(10_000);
  assert.equal(refreshed(), 30_000);
  // The changed limit allows the first of two bursts of events.
  settings.set(publisherRateLimitCount, 1);
  for (const _ of [1, 2]) {
    await clock.advance(10);
    registration.noteActivity();
    await clock.advance(10);
  }
  assert.equal(refreshed(), 30_011);
});

for (
  const [wanted, isManaged, isKept] of [
    ["auto", false, false],
    ["auto", true, true],
    ["keep", false, true],
    ["delete", true, false],
  ] as const
) {
  const when = `publisher_row_on_stop is ${wanted} and ${isManaged ? "a" : "no"} manager runs it`;
  Deno.test(`registrationFor ${isKept ? "keeps" : "removes"} the row at the end, when ${when}`, async () => {
    const parts = await serviceParts({ "df.publisher_row_on_stop": wanted });
    const place = { db: await parts.drivers.direct(), boundAddress: "tcp://0.0.0.0:1" };
    const registration = registrationFor({ ...parts, isManaged }, place);
    await registration.register();
    await registration.close();
    assert.deepEqual(await place.db.keys("publisher"), isKept ? [OWN_ID] : []);
  });
}

import assert from "node:assert/strict";
import {
  consoleLogger,
  loadConfig,
  openNbApi,
  openNetworkSubscriber,
  openPublishersTable,
  options,
} from "../../mod.ts";

const OPEN = { loadConfig, openNbApi, openNetworkSubscriber, openPublishersTable };

/** What code without types may pass. */
const WRONG: readonly [unknown, RegExp][] = [
  ["file.ini", /^"options": string, wanted an object such as /],
  [
    { set: new Map([["df.publisher_port", 1]]) },
    /^"set": Map, wanted an object of values by name$/,
  ],
  [{ env: "A=B" }, /^"env": string, wanted an object of values by name$/],
  [{ config: {} }, /^"config": Object, wanted the result of loadConfig$/],
  [{ log: true }, /^"log": boolean, wanted a Logger, with debug, info, warn, error$/],
  [{ clock: Date }, /^"clock": function, wanted a Clock, with now, /],
  [{ dbDrivers: "redis" }, /^"dbDrivers": string, wanted a list of driver entries$/],
  [{ pubSubDrivers: [{ name: "a" }] }, /^"pubSubDrivers": item 0 is not a driver entry, /],
  [{ since: "now" }, /^"since": string, wanted a function$/],
];

for (const [name, open] of Object.entries(OPEN)) {
  Deno.test(`${name} names the option, when its value is of the wrong type`, async () => {
    for (const [options, message] of WRONG) {
      const opening = (open as (options: unknown) => Promise<unknown>)(options);
      await assert.rejects(opening, { name: "TypeError", message });
    }
  });
}

Deno.test("openNetworkSubscriber requires onUpdates", async () => {
  const opening = openNetworkSubscriber({ set: { "df.nb_db_class": "memory" } } as never);
  const message = '"onUpdates": undefined, wanted a function';
  await assert.rejects(opening, { name: "TypeError", message });
});

Deno.test("consoleLogger refuses a level that is not in an object", () => {
  const message = 'consoleLogger "options": string, wanted an object such as { level: "warn" }';
  assert.throws(() => consoleLogger("warn" as never), { name: "TypeError", message });
});

Deno.test("openNbApi names the driver, when its load does not return a function", async () => {
  const load = () => Promise.resolve({}) as never;
  const entry = { name: "own", aliases: [], summary: "A test's own", options: [], load };
  const opening = openNbApi({ dbDrivers: [entry], set: { "df.nb_db_class": "own" } });
  const message = 'Driver "own": load returned Object, wanted a function';
  await assert.rejects(opening, { name: "TypeError", message });
});

Deno.test("EffectiveConfig.get refuses the name of an option in place of the option", async () => {
  const config = await loadConfig({ set: { "df.publisher_port": 9000 } });
  assert.equal(config.get(options.publisherPort), 9000);
  const message = "Option: string, wanted one such as options.publisherPort";
  assert.throws(() => config.get("df.publisher_port" as never), { name: "TypeError", message });
});

Deno.test("PublishersTable.prune refuses a value in place of an object with options", async () => {
  await using table = await openPublishersTable({ set: { "df.nb_db_class": "memory" } });
  const message = /^PublishersTable.prune "options": number, wanted an object such as /;
  await assert.rejects(table.prune(60_000 as never), { name: "TypeError", message });
  const signal = /^PublishersTable.prune "signal": string, wanted an AbortSignal$/;
  await assert.rejects(table.prune({ signal: "x" as never }), { message: signal });
  assert.deepEqual((await table.prune(new AbortController())).removed, []);
});

import assert from "node:assert/strict";
import {
  consoleLogger,
  loadConfig,
  openNbApi,
  openNetworkSubscriber,
  openPublishersTable,
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
  [{ dbDrivers: "redis" }, /^"dbDrivers": not a list of drivers, /],
  [{ pubSubDrivers: [{ name: "a" }] }, /^"pubSubDrivers": not a list of drivers, /],
  [{ since: "now" }, /^"since": string, wanted a function$/],
];

for (const [name, open] of Object.entries(OPEN)) {
  Deno.test(`${name} names the option, when its value is of another type`, async () => {
    for (const [options, message] of WRONG) {
      const opening = (open as (options: unknown) => Promise<unknown>)(options);
      await assert.rejects(opening, { name: "TypeError", message });
    }
  });
}

Deno.test("openNetworkSubscriber refuses to be without onUpdates", async () => {
  const opening = openNetworkSubscriber({ set: { "df.nb_db_class": "memory" } } as never);
  const message = '"onUpdates": undefined, wanted a function';
  await assert.rejects(opening, { name: "TypeError", message });
});

Deno.test("consoleLogger refuses a level in place of an object with it", () => {
  const message = 'consoleLogger "options": string, wanted an object such as { level: "warn" }';
  assert.throws(() => consoleLogger("warn" as never), { name: "TypeError", message });
});

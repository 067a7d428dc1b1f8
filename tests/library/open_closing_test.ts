import assert from "node:assert/strict";
import { openNbApi } from "../../mod.ts";
import type { PubSubDriver, PubSubDriverEntry } from "../../driver.ts";
import { createMemoryDriver } from "../../drivers/pubsub/memory.ts";
import { ownDb } from "../support/own_db.ts";

const fail = () => Promise.reject(new Error("a mistake of the driver"));

/** A pub/sub driver of an application's own, which fails when an end is closed. */
function failingBus(end: "publisher" | "subscriber"): PubSubDriverEntry {
  const create = (...context: Parameters<typeof createMemoryDriver>): PubSubDriver => {
    const driver = createMemoryDriver(...context);
    const openPublisher = async () => Object.assign(await driver.openPublisher(), { close: fail });
    const openSubscriber = async () => {
      const subscriber = await driver.openSubscriber();
      const close = subscriber[Symbol.asyncDispose].bind(subscriber);
      return Object.assign(subscriber, { [Symbol.asyncDispose]: () => close().then(fail) });
    };
    return { ...driver, ...(end === "publisher" ? { openPublisher } : { openSubscriber }) };
  };
  const load = () => Promise.resolve(create);
  return { name: "failing", aliases: [], summary: "A test's own", options: [], load };
}

for (const end of ["publisher", "subscriber"] as const) {
  Deno.test(`NbApi.close closes the database, when the driver cannot close its ${end}`, async () => {
    const { entry, isOpen } = ownDb();
    const api = await openNbApi({
      set: {
        "df.enable_df_pub_sub": true,
        "df.pub_sub_use_multiproc": false,
        "df.pub_sub_driver": "failing",
        "df.nb_db_class": "own",
      },
      dbDrivers: [entry],
      pubSubDrivers: [failingBus(end)],
    });
    assert.equal(isOpen(), true);
    await assert.rejects(api.close(), /a mistake of the driver/);
    assert.equal(isOpen(), false);
    assert.deepEqual(await Array.fromAsync(api.changes()), []);
  });
}

import assert from "node:assert/strict";
import { silentLogger } from "../../../drivers/contract/logger.ts";
import { createMemoryDb } from "../../../drivers/db/memory.ts";
import { systemClock } from "../../../service/base/clock.ts";
import { dbUpdate } from "../../../service/event/db_update.ts";
import { NbChanges } from "../../../service/node/nb_changes.ts";
import { testSettings } from "../../support/test_settings.ts";

Deno.test("NbChanges keeps the order of arrival, when a replayed event has a later timestamp", async () => {
  const changes = new NbChanges({
    settings: testSettings({}),
    drivers: {
      loadDbDriver: () => Promise.reject(new Error("no database")),
      loadPubSubDriver: () => Promise.reject(new Error("no driver")),
    },
    db: await createMemoryDb()(),
    untilLive: () => Promise.resolve(),
    clock: systemClock,
    log: silentLogger,
  });
  const event = (key: string, timestamp: number) =>
    dbUpdate({ table: "t", key, action: "set", value: "v", timestamp });
  changes.push([event("1", 1_000), event("2 replayed", 3_000), event("3 held back", 2_000)]);
  changes.push([event("4", 2_500), event("5", 4_000)]);
  const keys: (string | null)[] = [];
  for await (const { key } of changes.updates()) {
    keys.push(key);
    if (keys.length === 5) break;
  }
  changes.close();
  assert.deepEqual(keys, ["1", "2 replayed", "3 held back", "4", "5"]);
});

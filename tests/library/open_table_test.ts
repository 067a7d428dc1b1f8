import assert from "node:assert/strict";
import { openNbApi, openPublishersTable } from "../../mod.ts";
import { tempDir } from "../support/temp_dir.ts";

Deno.test("openPublishersTable lists the address for TLS of a publisher that has one", async () => {
  await using directory = await tempDir();
  const set = { "df.sqlite_path": directory.join("northbound.sqlite3") };
  await using api = await openNbApi({ set });
  for (const id of ["a", "b"]) {
    const row = { id, uri: `tcp://${id}:8866`, last_activity_timestamp: Date.now() / 1000 };
    await api.create("publisher", id, JSON.stringify(row));
  }
  const security = { id: "b", tls: "tls://192.0.2.1:8867" };
  await api.create("publisher_security", "b", JSON.stringify(security));
  await using table = await openPublishersTable({ set });
  const addresses = (await table.list()).map((row) =>
    row.state === "unreadable" ? row.reason : [row.record.uri, row.secureUri]
  );
  assert.deepEqual(addresses, [
    ["tcp://a:8866", undefined],
    ["tcp://b:8866", "tls://192.0.2.1:8867"],
  ]);
});

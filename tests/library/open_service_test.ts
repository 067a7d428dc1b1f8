import assert from "node:assert/strict";
import { openPublisherService, openPublishersTable } from "../../mod.ts";
import { eventually } from "../support/eventually.ts";
import { tempDir } from "../support/temp_dir.ts";

Deno.test("openPublisherService writes the row of the service, when nothing waits for ready", async () => {
  await using directory = await tempDir();
  const set = {
    "df.publisher_bind_address": "127.0.0.1",
    "df.publisher_port": 0,
    "df.publisher_multiproc_socket": directory.join("socket"),
    "df.sqlite_path": directory.join("northbound.sqlite3"),
  };
  await using _service = await openPublisherService({ set });
  await using table = await openPublishersTable({ set });
  const rows = await eventually(() => table.list(), ({ length }) => length > 0);
  assert.deepEqual(rows.map(({ state }) => state), ["alive"]);
});

import assert from "node:assert/strict";
import { DbUnavailable, openPublisherService, openPublishersTable } from "../../mod.ts";
import { eventually } from "../support/eventually.ts";
import { ownDb } from "../support/own_db.ts";
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

Deno.test("PublisherService.ready ends with the reason of its signal, when the database refuses the row", async () => {
  await using directory = await tempDir();
  const { entry } = ownDb({ create: () => Promise.reject(new DbUnavailable("read-only")) });
  await using service = await openPublisherService({
    set: {
      "df.publisher_bind_address": "127.0.0.1",
      "df.publisher_port": 0,
      "df.publisher_multiproc_socket": directory.join("socket"),
      "df.nb_db_class": entry.name,
    },
    dbDrivers: [entry],
  });
  const abort = new AbortController();
  const ready = service.ready(abort);
  abort.abort(new Error("enough"));
  await assert.rejects(ready, /enough/);
  const closed = assert.rejects(service.ready(), { code: "CLOSED" });
  await service.stop();
  await closed;
});

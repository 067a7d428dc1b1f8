import assert from "node:assert/strict";
import type { RedisConnection } from "../../../../../drivers/_internal/redis/connection.ts";
import type { RedisRowFinder } from "../../../../../drivers/_internal/redis/rows/row_finder.ts";
import { RedisRows } from "../../../../../drivers/_internal/redis/rows/rows.ts";
import type { RedisSchemas } from "../../../../../drivers/_internal/redis/rows/schemas.ts";
import type { RedisTables } from "../../../../../drivers/_internal/redis/rows/table.ts";

Deno.test("RedisRows gives up on a row after four searches, when it has vanished each time", async () => {
  let searches = 0;
  const find = () => {
    searches++;
    return Promise.resolve([{ name: "{lport.t1}.p1", table: "lport", topic: "t1", key: "p1" }]);
  };
  const client = {
    getBuffer: () => Promise.resolve(null),
    set: () => Promise.resolve(null),
    del: () => Promise.resolve(0),
  };
  const rows = new RedisRows({ client } as unknown as RedisConnection, {
    schemas: { known: () => "released" } as unknown as RedisSchemas,
    batch: 10,
    tables: {} as RedisTables,
    finder: { find } as unknown as RedisRowFinder,
  });
  const id = { table: "lport", key: "p1", topic: undefined };
  for (const attempt of [() => rows.get(id), () => rows.set(id, "1"), () => rows.delete(id)]) {
    searches = 0;
    await assert.rejects(attempt(), /gone each time it was found/);
    assert.equal(searches, 4);
  }
});

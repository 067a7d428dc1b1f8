import assert from "node:assert/strict";
import { DriverError } from "../../../drivers/contract/errors.ts";
import {
  RemoteDb,
  type RemoteRows,
  type RemoteTables,
} from "../../../drivers/_internal/remote_db.ts";

class CountingDb extends RemoteDb {
  readonly name = "counting";
  readonly place = "";

  constructor(count: RemoteTables["count"]) {
    super({} as RemoteRows, { count } as RemoteTables);
  }

  protected failure(action: string, cause: unknown): DriverError {
    return new DriverError("REFUSED", action, { cause });
  }
}

Deno.test("RemoteDb.allocateUniqueKey asks at once, when earlier calls have no answer yet", async () => {
  let calls = 0;
  const all = Promise.withResolvers<void>();
  await using db = new CountingDb(async () => {
    const number = ++calls;
    if (number === 3) all.resolve();
    await all.promise;
    return number;
  });
  const numbers = Promise.all([1, 2, 3].map(() => db.allocateUniqueKey("lport")));
  assert.deepEqual(await numbers, [1, 2, 3]);
});

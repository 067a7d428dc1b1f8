import assert from "node:assert/strict";
import { Session, type SessionOptions } from "../../../cli/subscribe/subscribe_session.ts";
import { type DbUpdate, dbUpdate } from "../../../service/event/db_update.ts";

Deno.test("Session counts no sync that follows a new connection, and any other event", async () => {
  const taken: string[] = [];
  const options = {
    sink: { take: ({ action }: DbUpdate) => void taken.push(action), flush() {} },
    interrupted: new AbortController().signal,
  } as unknown as SessionOptions;
  const session = new Session({ count: 2 }, options);
  const ended = session.ended();
  const sync = dbUpdate({ table: null, key: null, action: "sync" });
  const set = dbUpdate({ table: "lport", key: "p1", action: "set", value: "1" });
  await session.receive([{ ...sync, reason: "reconnected" }, set, { ...sync, reason: "gap" }, set]);
  assert.equal(await ended, 0);
  assert.deepEqual(taken, ["sync", "set", "sync"]);
});

import assert from "node:assert/strict";
import { type DbUpdate, SEND_ALL_TOPIC } from "../../../service/event/db_update.ts";
import { UpdateQueue } from "../../../service/receive/update_queue.ts";

Deno.test("UpdateQueue passes on one sync, when an earlier one of its topic or of everything is queued", async () => {
  const seen: string[] = [];
  const passOn = (updates: readonly DbUpdate[]) =>
    void seen.push(...updates.map(({ topic }) => topic));
  const queue = new UpdateQueue(passOn, () => 0);
  for (const topic of ["a", "a", "b", undefined, "a", "c", undefined]) queue.sync("lost", topic);
  await queue.push(() => []);
  assert.deepEqual(seen, ["a", "b", SEND_ALL_TOPIC]);
  queue.sync("lost", "a");
  await queue.push(() => []);
  assert.deepEqual(seen.slice(3), ["a"]);
});

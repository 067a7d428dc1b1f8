import assert from "node:assert/strict";
import { type DbUpdate, dbUpdate, type EventOrigin } from "../../../service/event/db_update.ts";
import { PositionLog } from "../../../service/protocol/position_log.ts";

function eventAt(from: Partial<EventOrigin> | undefined, position?: string): DbUpdate {
  const update = dbUpdate({ table: "lport", key: "a", action: "set", value: "1" });
  const origin = { publisher: "p", epoch: 1, topic: "D", seq: 1, sentAt: 0, ...from };
  return {
    ...update,
    ...(from === undefined ? {} : { origin }),
    ...(position === undefined ? {} : { position }),
  };
}

Deno.test("PositionLog keeps the last position of each publisher and topic", () => {
  const log = new PositionLog();
  const updates = [{ seq: 1 }, { seq: 2 }, { topic: "t", seq: 9 }, { publisher: "q", epoch: 7 }];
  for (const from of updates) log.note(eventAt(from));
  log.note(eventAt(undefined));
  assert.deepEqual(log.list(), [
    { publisher: "p", epoch: 1, topic: "D", seq: 2 },
    { publisher: "p", epoch: 1, topic: "t", seq: 9 },
    { publisher: "q", epoch: 7, topic: "D", seq: 1 },
  ]);
});

Deno.test("PositionLog keeps a topic's position at a broker besides those of its publishers", () => {
  const log = new PositionLog();
  log.note(eventAt({ seq: 4 }, "1-0"));
  log.note(eventAt(undefined, "2-0"));
  assert.deepEqual(log.list(), [
    { publisher: "p", epoch: 1, topic: "D", seq: 4 },
    { topic: "D", position: "2-0" },
  ]);
});

Deno.test("PositionLog.know replaces the noted positions", () => {
  const log = new PositionLog();
  log.note(eventAt({ seq: 4 }));
  const position = { publisher: "p", epoch: 2, topic: "D", seq: 0 };
  log.know([position]);
  assert.deepEqual(log.list(), [position]);
});

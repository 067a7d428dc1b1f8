import assert from "node:assert/strict";
import { eventJson, styledJson } from "../../../cli/events/event_json.ts";
import { dbUpdate, syncUpdate } from "../../../service/event/db_update.ts";
import { initialRow, syncedMark } from "../../../service/node/tables/snapshot_marks.ts";

const update = dbUpdate({
  table: "lport",
  key: "p1",
  action: "create",
  value: '{"a":1}',
  timestamp: Date.UTC(2026, 0, 2, 3, 4, 5, 678),
});

Deno.test("eventJson has the members of an event in a fixed order, and its time of arrival", () => {
  assert.equal(
    eventJson(update),
    `{"topic":"D","table":"lport","key":"p1","action":"create","value":"{\\"a\\":1}",` +
      `"receivedAt":"2026-01-02T03:04:05.678Z"}`,
  );
});

Deno.test("eventJson marks an unknown action, and nothing else", () => {
  assert.equal(JSON.parse(eventJson({ ...update, action: "explode" })).unknownAction, true);
  assert(!("unknownAction" in JSON.parse(eventJson(update))));
});

Deno.test("eventJson writes a synced event from the network with its data, as one of an unknown action", () => {
  for (const action of ["synced", "initial"]) {
    const { table, value, unknownAction } = JSON.parse(eventJson({ ...update, action }));
    assert.deepEqual([table, value, unknownAction], ["lport", '{"a":1}', true]);
  }
  const { receivedAt: _, ...mark } = JSON.parse(eventJson(syncedMark([], 0)));
  assert.deepEqual(mark, { action: "synced", positions: [] });
  assert(!("unknownAction" in JSON.parse(eventJson(initialRow(update)))));
});

Deno.test("eventJson includes publisher, epoch and seq, when the event has them", () => {
  const origin = { publisher: "p", epoch: 7, topic: "D", seq: 3, sentAt: 1_767_323_045_678_009 };
  const { publisher, epoch, seq, sentAt } = JSON.parse(eventJson({ ...update, origin }));
  assert.deepEqual([publisher, epoch, seq], ["p", 7, 3]);
  assert.equal(sentAt, "2026-01-02T03:04:05.678009Z");
  assert(!("seq" in JSON.parse(eventJson(update))));
});

Deno.test("eventJson writes every number of a value unchanged", () => {
  const value = { id: 1152921504606846977n, float: 2 ** 60, zero: -0, small: 1e-7, plain: 7 };
  assert(
    eventJson({ ...update, value }).includes(
      '"value":{"id":1152921504606846977,"float":1.152921504606847e+18,"zero":-0.0,' +
        '"small":1e-7,"plain":7}',
    ),
  );
});

Deno.test("eventJson says why this process requested a sync", () => {
  assert.equal(JSON.parse(eventJson(syncUpdate("gap", { timestamp: 0 }))).syncReason, "gap");
  assert(!("syncReason" in JSON.parse(eventJson({ ...update, action: "sync" }))));
});

Deno.test("styledJson nests a value that is JSON, with every number unchanged", () => {
  const nested = (value: string) => styledJson({ ...update, value }, { isNested: true });
  assert(
    nested('{"a": 1, "id": 9223372036854775808}').includes(
      '"value":{"a":1,"id":9223372036854775808},"receivedAt"',
    ),
  );
  assert(nested("plain text").includes('"value":"plain text"'));
});

Deno.test("styledJson leaves the value out, or writes several lines", () => {
  assert(!("value" in JSON.parse(styledJson(update, { isWithoutValue: true }))));
  const lines = styledJson(update, { indent: 2, isNested: true }).split("\n");
  assert(lines.includes('    "a": 1'), lines.join("\n"));
});

import assert from "node:assert/strict";
import { eventJson, eventText } from "../../../cli/bus/event_line.ts";
import { dbUpdate } from "../../../service/event/db_update.ts";

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
  assert(eventText({ ...update, value: 2n ** 63n }, 80).endsWith(" 9223372036854775808"));
});

Deno.test("eventText is one line of at most the terminal's width", () => {
  assert.equal(eventText(update, 80), '03:04:05.678 D create lport p1 {"a":1}');
  assert.equal(eventText(update, 20), "03:04:05.678 D crea…");
});

Deno.test("eventText escapes characters that control a terminal", () => {
  assert.equal(
    eventText({ ...update, key: "\x1b[31m\n", action: "explode", value: null }, 80),
    "03:04:05.678 D explode? lport \\x1b[31m\\x0a",
  );
});

Deno.test("eventText shows missing fields of an event without a row", () => {
  assert.equal(
    eventText({ ...update, table: null, key: null, action: "sync", value: null }, 80),
    "03:04:05.678 D sync - -",
  );
});

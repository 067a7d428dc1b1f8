import assert from "node:assert/strict";
import { EventText } from "../../../cli/events/event_text.ts";
import { arrivalTime, timeFormat } from "../../../cli/events/event_time.ts";
import { widthOf } from "../../../cli/terminal/cells.ts";
import { dbUpdate, syncUpdate } from "../../../service/event/db_update.ts";

const timestamp = Date.UTC(2026, 0, 2, 3, 4, 5, 678);
const update = dbUpdate({
  ...{ table: "lport", key: "p1", action: "create", value: '{"a":1}', timestamp },
});

function textOf(columns = 80, style: { hasColour?: boolean; isWithoutValue?: boolean } = {}) {
  const usual = { hasColour: false, isWithoutValue: false };
  const time = arrivalTime(timeFormat({ utc: true }));
  return new EventText({ ...usual, ...style, time, columns: () => columns });
}

Deno.test("EventText writes time, topic, action, table, key and value", () => {
  assert.equal(textOf().line(update), '03:04:05.678Z D create lport p1 {"a":1}');
  assert.equal(
    textOf().line({ ...update, value: 2n ** 63n }),
    "03:04:05.678Z D create lport p1 9223372036854775808",
  );
  assert.equal(
    textOf(80, { isWithoutValue: true }).line(update),
    "03:04:05.678Z D create lport p1",
  );
});

Deno.test("EventText keeps columns below each other, when cells get wider", () => {
  const text = textOf();
  text.line({ ...update, key: "port-12345" });
  assert.equal(text.line(update), '03:04:05.678Z D create lport p1         {"a":1}');
});

Deno.test("EventText fits any width: cells are cut before a line wraps", () => {
  const wide = { ...update, topic: "t".repeat(36), key: "東京".repeat(30), value: "v".repeat(300) };
  for (const columns of [1, 10, 20, 40, 60, 80, 132, 200]) {
    for (const hasColour of [true, false]) {
      const line = textOf(columns, { hasColour }).line(wide);
      assert(widthOf(line) <= columns, `${columns}: ${line}`);
    }
  }
  assert.match(textOf(80).line(wide), /^03:04:05\.678Z t+… create lport (東京)+東?… +v+…$/);
});

Deno.test("EventText escapes characters that control a terminal, and marks unknown actions", () => {
  assert.equal(
    textOf().line({ ...update, key: "\x1b[31m\n", action: "explode", value: null }),
    "03:04:05.678Z D explode? lport \\x1b[31m\\x0a",
  );
});

Deno.test("EventText shows missing fields, and which sync was requested here", () => {
  const sync = { ...update, table: null, key: null, action: "sync", value: null };
  assert.equal(textOf().line(sync), "03:04:05.678Z D sync   - -");
  assert.equal(
    textOf().line(syncUpdate("gap", { topic: "abc", timestamp })),
    "03:04:05.678Z abc sync   - - requested here: events were lost",
  );
});

Deno.test("EventText colours the action", () => {
  const line = textOf(80, { hasColour: true }).line(update);
  assert.equal(line, '\x1b[2m03:04:05.678Z D\x1b[0m \x1b[32mcreate\x1b[0m lport p1 {"a":1}');
});

Deno.test("EventText writes an unknown action bold, whatever its name", () => {
  const line = textOf(80, { hasColour: true }).line({ ...update, action: "constructor" });
  assert(line.includes("\x1b[1mconstructor?\x1b[0m"), line);
});

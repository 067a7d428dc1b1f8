import assert from "node:assert/strict";
import { Templates } from "../../../cli/publish/template.ts";
import { dbUpdate, type JsonValue } from "../../../service/event/db_update.ts";

function event(key: string, value: JsonValue = null) {
  return dbUpdate({ table: "t", key, action: "set", value });
}

Deno.test("Templates counts events from 1, in the key and in every text of a value", () => {
  const templates = new Templates();
  const template = event("k-{{n}}", { "{{n}}": ["a{{n}}", 7, null, { deep: "{{ n }}" }] });
  for (const n of [1, 2, 3]) {
    const { key, value } = templates.next(template);
    assert.equal(key, `k-${n}`);
    assert.deepEqual(value, { "{{n}}": [`a${n}`, 7, null, { deep: `${n}` }] });
  }
});

Deno.test("Templates makes another UUID, the time, and a number within its bounds for each event", () => {
  const templates = new Templates();
  const template = event("{{uuid}}", "{{time}} {{random -1 1}}");
  const before = Date.now();
  const made = Array.from({ length: 200 }, () => templates.next(template));
  assert.equal(new Set(made.map(({ key }) => key)).size, 200);
  for (const { key, value } of made) {
    assert.match(String(key), /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/);
    const at = Date.parse(String(value).split(" ")[0] ?? "");
    assert(at >= before && at <= Date.now(), String(value));
  }
  const numbers = new Set(made.map(({ value }) => String(value).split(" ")[1]));
  assert.deepEqual([...numbers].sort(), ["-1", "0", "1"]);
});

Deno.test("Templates leaves text without a whole placeholder as it is", () => {
  for (const text of ["", "{n}", "{{n", "n}}", '{"a": {"b": 1}}']) {
    assert.equal(new Templates().next(event(text, text)).value, text);
  }
});

Deno.test("Templates refuses an unknown placeholder, and bounds that are not two whole numbers", () => {
  const cases: readonly (readonly [string, RegExp])[] = [
    ["{{uid}}", /"\{\{uid\}\}": unknown placeholder, .*did you mean "uuid"/],
    ["{{n 3}}", /unknown placeholder/],
    ["{{}}", /unknown placeholder/],
    ["{{random}}", /invalid bounds/],
    ["{{random 1}}", /invalid bounds/],
    ["{{random 2 1}}", /invalid bounds/],
    ["{{random 1 x}}", /invalid bounds/],
    ["{{random 1 9007199254740992}}", /invalid bounds/],
  ];
  for (const [text, message] of cases) {
    assert.throws(() => new Templates().next(event(text)), message, text);
  }
});

Deno.test("Templates does not count an event that it refused", () => {
  const templates = new Templates();
  assert.throws(() => templates.next(event("{{n}} {{bad}}")));
  assert.equal(templates.next(event("{{n}}")).key, "1");
});

Deno.test("Templates refuses a value that nests too deeply, like an event without placeholders", () => {
  const deep: JsonValue = JSON.parse("[".repeat(50_000) + "]".repeat(50_000));
  const message = /^Payload "nesting": more than 32 levels/;
  assert.throws(() => new Templates().next(event("k", deep)), { message });
});

import assert from "node:assert/strict";
import type { DbRow } from "../../../drivers/contract/db.ts";
import {
  differences,
  diffTable,
  sameButActivity,
  sameJson,
} from "../../../service/publishers/table_diff.ts";
import { advanceOnEachReading, countTurns } from "../../support/turn_counter.ts";
import { isDeepStrictEqual } from "node:util";

function row(key: string, value: string, topic: string | null = null): DbRow {
  return { key, value, topic };
}

function picture(...rows: DbRow[]): Map<string, DbRow> {
  return new Map(rows.map((each) => [each.key, each]));
}

Deno.test("diffTable returns created, set and deleted rows", async () => {
  const before = picture(row("a", "1"), row("b", "1"), row("c", "1"));
  const after = [row("a", "1"), row("b", "2"), row("d", "1")];
  assert.deepEqual((await diffTable(before, after)).changes, [
    { action: "set", row: row("b", "2") },
    { action: "create", row: row("d", "1") },
    { action: "delete", row: row("c", "1") },
  ]);
});

Deno.test("diffTable returns nothing, when the rows are unchanged", async () => {
  const rows = [row("a", "1", "t"), row("b", "2")];
  assert.deepEqual(await diffTable(picture(...rows), rows), { changes: [], unimportant: [] });
  assert.deepEqual(await diffTable(picture(), []), { changes: [], unimportant: [] });
});

Deno.test("diffTable returns the same differences, whatever the order of the known rows", async () => {
  const known = [row("d", "1"), row("gone", "1"), row("a", "1"), row("c", "1"), row("b", "1")];
  const after = ["a", "b", "c", "d", "e"].map((key) => row(key, key === "b" ? "2" : "1"));
  for (let turn = 0; turn < known.length; turn++) {
    known.push(...known.splice(0, 1));
    assert.deepEqual((await diffTable(picture(...known), after)).changes, [
      { action: "set", row: row("b", "2") },
      { action: "create", row: row("e", "1") },
      { action: "delete", row: row("gone", "1") },
    ]);
  }
});

Deno.test("diffTable allows each difference to be applied to the known rows at once, when a row moved or is new", () => {
  const known = picture(row("a", "1", "t1"), row("c", "1"));
  const after = [row("a", "1", "t2"), row("b", "1"), row("c", "1")];
  const isMoved = (old: DbRow, now: DbRow) => old.topic !== now.topic;
  const actions: string[] = [];
  for (const one of differences(known, after, { isMoved, isChanged: () => false })) {
    if (one === undefined) continue;
    actions.push(one.action);
    if (one.action === "delete") known.delete(one.key);
    else known.set(one.row.key, one.row);
  }
  assert.deepEqual(actions, ["delete", "create", "create"]);
  assert.deepEqual(known, picture(after[2] ?? row("", ""), ...after.slice(0, 2)));
});

Deno.test("diffTable deletes under the old topic and creates under the new topic, when a row moved", async () => {
  const before = picture(row("a", "1", "t1"), row("b", "1"));
  const after = [row("a", "2", "t2"), row("b", "1", "t1")];
  assert.deepEqual((await diffTable(before, after)).changes, [
    { action: "delete", row: row("a", "1", "t1") },
    { action: "create", row: row("a", "2", "t2") },
    { action: "delete", row: row("b", "1") },
    { action: "create", row: row("b", "1", "t1") },
  ]);
});

Deno.test("diffTable compares the meaning of texts, only when they differ", async () => {
  const compared: string[] = [];
  const before = picture(row("a", "1"), row("b", "1"), row("c", "1"));
  const same = (old: string, now: string) => {
    compared.push(`${old}${now}`);
    return now === "2";
  };
  const after = [row("a", "1"), row("b", "2"), row("c", "3")];
  const diff = await diffTable(before, after, same);
  assert.deepEqual(compared, ["12", "13"]);
  assert.deepEqual(diff.unimportant, [row("b", "2")]);
  assert.deepEqual(diff.changes, [{ action: "set", row: row("c", "3") }]);
});

Deno.test("sameButActivity ignores the last activity and the order of fields", () => {
  const before = '{"last_activity_timestamp": 1.0, "id": "a", "uri": "u", "x": {"p": 1, "q": [2]}}';
  const after = '{"x": {"q": [2], "p": 1}, "id": "a", "uri": "u", "last_activity_timestamp": 2.5}';
  assert.equal(sameButActivity(before, after), true);
  assert.equal(sameButActivity(before, before.replace('"u"', '"v"')), false);
  assert.equal(sameButActivity(before, before.replace("[2]", "[3]")), false);
  const large = before.replace("[2]", "[9007199254740993]");
  assert.equal(sameButActivity(large, before.replace("[2]", "[9007199254740992]")), false);
  assert.equal(sameButActivity('{"id": "a"}', '{"id": "a", "name": "n"}'), false);
});

Deno.test("sameButActivity is false, when a text is not a JSON object", () => {
  for (const text of ["", "junk", "null", "[1]", "1"]) {
    assert.equal(sameButActivity(text, text), false);
    assert.equal(sameButActivity("{}", text), false);
  }
});

Deno.test("sameButActivity is false, when texts are nested more deeply than the stack allows", () => {
  const nested = `{"id": "a", "more": ${"[".repeat(50_000)}${"]".repeat(50_000)}}`;
  assert.equal(sameButActivity(nested, `${nested} `), false);
});

const TEXTS = [
  ...["null", "true", "false", "0", "1", '""', '"1"', "[]", "{}", "[1]", "[1,2]", "[2,1]"],
  ...['{"a":1}', '{"a":"1"}', '{"b":1}', '{"a":1,"b":2}', '{"a":null}', '{"0":1}', '{"a":{}}'],
  ...['{"a":[]}', '{"a":{"b":[1,{"c":null}]}}', '{"a":{"b":[1,{"c":0}]}}', '{"__proto__":1}'],
  ...['{"__proto__":{}}', '{"toString":1}', '{"length":0}', "[null]", "[[]]", "[{}]"],
];

Deno.test("sameJson compares every pair of values as Node does", () => {
  for (const one of TEXTS) {
    for (const other of TEXTS) {
      const [a, b]: unknown[] = [JSON.parse(one), JSON.parse(other)];
      assert.equal(sameJson(a, b), isDeepStrictEqual(a, b), `${one} and ${other}`);
    }
  }
});

Deno.test("sameJson ignores the order of members", () => {
  assert(
    sameJson(JSON.parse('{"a":1,"b":[{"c":2,"d":3}]}'), JSON.parse('{"b":[{"d":3,"c":2}],"a":1}')),
  );
  assert(!sameJson(JSON.parse('{"a":1,"b":2}'), JSON.parse('{"b":1,"a":2}')));
});

Deno.test("diffTable yields every few rows, when the comparison takes long", async () => {
  const before = picture(...Array.from({ length: 3_000 }, (_, at) => row(`${at}`, "1")));
  const after = [...before.values()].slice(1);
  using _clock = advanceOnEachReading();
  const changes: unknown[] = [];
  const turns = await countTurns(async () => {
    changes.push(...(await diffTable(before, after)).changes);
  });
  assert.deepEqual(changes, [{ action: "delete", row: row("0", "1") }]);
  // Three passes: the rows, their keys, and the known rows.
  assert.ok(turns > 3 * 3_000 / 20, `${turns} turns`);
});

import assert from "node:assert/strict";
import { parseWhere } from "../../../cli/events/where.ts";
import { UsageError } from "../../../cli/flags/failure.ts";
import { dbUpdate, type JsonValue } from "../../../service/event/db_update.ts";

const ROW: JsonValue = {
  ...{ name: "eth0", mtu: 1500, up: true, none: null, "odd name": "x", id: 2n ** 63n },
  ports: [{ name: "a" }, { name: "b=c" }],
};
const asText = '{"name":"eth0","mtu":1500,"up":true,"none":null,"odd name":"x",' +
  '"id":9223372036854775808,"ports":[{"name":"a"},{"name":"b=c"}]}';

function wants(expression: string, value: JsonValue = ROW): boolean {
  return parseWhere(expression)(dbUpdate({ table: "lport", key: "p1", action: "set", value }));
}

const CASES: readonly (readonly [expression: string, isWanted: boolean])[] = [
  ["value.name=eth0", true],
  ["value.name=eth", false],
  ["value.name!=eth0", false],
  ["value.nothing=eth0", false],
  ["value.nothing!=eth0", true],
  ["value.name~eth*", true],
  ["value.name!~eth?", false],
  ["value.mtu=1500", true],
  ["value.mtu>=1500", true],
  ["value.mtu>1500", false],
  ["value.mtu<1e4", true],
  ["value.name<1", false],
  ["value.up=true", true],
  ["value.none=null", true],
  ["value.none", true],
  ["value.nothing", false],
  ["value.name.length", false],
  ["value.ports[1].name=b=c", true],
  ["value.ports[2].name", false],
  ['value["odd name"]=x', true],
  ["value.id=9223372036854775808", true],
  ["value.id>9223372036854775807", true],
  ["value.id>=9223372036854775809", false],
  ["value.id<9223372036854775808.5", false],
  ["value.id>9.2e18", true],
  ["value.constructor", false],
  ["key=p1", true],
  ["table~l*", true],
  ["seq", false],
];

Deno.test("parseWhere compares parts of a value, whether it is JSON or JSON as text", () => {
  for (const [expression, isWanted] of CASES) {
    assert.equal(wants(expression), isWanted, expression);
    assert.equal(wants(expression, asText), isWanted, `${expression} of a text`);
  }
});

Deno.test("parseWhere compares a value that is not JSON as text", () => {
  assert.equal(wants("value=plain text", "plain text"), true);
  assert.equal(wants("value.name", "plain text"), false);
  assert.equal(wants("value", null), false);
});

const MISTAKES: readonly (readonly [expression: string, said: string, pointer: string])[] = [
  ["value..name=x", "wanted a name after the dot, at character 7", "      ^"],
  ["valu.name=x", 'unknown name "valu"; did you mean "value"?, at character 1', "^"],
  ["value.name x", "wanted =, !=, ~, !~, <, <=, > or >=, at character 11", "          ^"],
  ["key==a", "unknown operator ==, wanted =, at character 4", "   ^"],
  ["value.mtu>big", "wanted a number, at character 11", "          ^"],
  ["value[x]", 'wanted [0] or ["name"], at character 7', "      ^"],
  ["key.part=x", '"key" has no parts, only "value" has them, at character 4', "   ^"],
  ["", "wanted a name as value or key, at character 1", "^"],
];

Deno.test("parseWhere points at the character that is wrong", () => {
  for (const [expression, said, pointer] of MISTAKES) {
    const message = `--where: ${said}\n${expression}\n${pointer}`;
    assert.throws(() => parseWhere(expression), new UsageError(message), expression);
  }
});

Deno.test("parseWhere points at the column of a character behind wide ones", () => {
  assert.throws(
    () => parseWhere("value.東京 x"),
    new UsageError(
      "--where: wanted =, !=, ~, !~, <, <=, > or >=, at character 9\nvalue.東京 x\n          ^",
    ),
  );
});

import assert from "node:assert/strict";
import { isDeepStrictEqual } from "node:util";
import { sameJson } from "../../../service/base/same_json.ts";

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

Deno.test("sameJson takes no notice of the order of members", () => {
  assert(
    sameJson(JSON.parse('{"a":1,"b":[{"c":2,"d":3}]}'), JSON.parse('{"b":[{"d":3,"c":2}],"a":1}')),
  );
  assert(!sameJson(JSON.parse('{"a":1,"b":2}'), JSON.parse('{"b":1,"a":2}')));
});

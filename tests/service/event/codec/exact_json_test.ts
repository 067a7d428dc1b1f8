import assert from "node:assert/strict";
import { parseJson } from "../../../../service/event/codec/exact_json.ts";

Deno.test("parseJson keeps whole numbers of up to 64 bits", () => {
  assert.equal(parseJson("-9223372036854775808"), -(2n ** 63n));
  assert.equal(parseJson("18446744073709551615"), 2n ** 64n - 1n);
  assert.equal(parseJson("9007199254740991"), 2 ** 53 - 1);
});

Deno.test("parseJson refuses a larger whole number, when it has as many digits as a float or more", () => {
  for (const text of ["18446744073709551616", "1".repeat(21), "1".repeat(309)]) {
    assert.throws(() => parseJson(text), { code: "NUMBER_OUT_OF_RANGE" });
  }
  assert.throws(() => parseJson("1".repeat(1_000_000)), { name: "WireError" });
});

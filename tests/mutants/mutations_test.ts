import assert from "node:assert/strict";
import { describe, mutated, mutationsOf } from "./mutations.ts";

const mutants = (text: string) => mutationsOf(text).map((mutation) => mutated(text, mutation));

const CASES: readonly (readonly [string, readonly string[]])[] = [
  ["return a < b;", ["return a <= b;"]],
  ["return a >= b && c;", ["return a > b && c;", "return a >= b || c;"]],
  ["if (a === b) return 1;", ["if (false) return 1;", "if (a !== b) return 1;"]],
  ["if (!isOpen) f();", ["if (isOpen) f();"]],
  ["const MAX_ROWS = 1_000;", ["const MAX_ROWS = 1_000_000;"]],
  ["f(Math.min(a, b));", ["f(Math.max(a, b));"]],
  ["const a = new Map<string, number>();", []],
  ['// a < b\nf("a < b", `c > d`); /* a && b */', []],
  ["const f = (a: string) => a;", []],
  ["if (a !== undefined) {", ["if (a === undefined) {"]],
];

for (const [text, expected] of CASES) {
  Deno.test(`mutationsOf finds ${expected.length} guards to change in ${JSON.stringify(text)}`, () => {
    assert.deepEqual(mutants(text), expected);
  });
}

Deno.test("describe returns the line number, and the line before and after the change", () => {
  const text = "f();\n  if (a < b) g();\n";
  const [mutation = assert.fail()] = mutationsOf(text);
  assert.equal(describe(text, mutation), "2: if (a < b) g();  =>  if (a <= b) g();");
});

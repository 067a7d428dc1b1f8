import assert from "node:assert/strict";
import { globMatcher } from "../../../cli/events/glob.ts";

const CASES:
  readonly (readonly [glob: string, matches: readonly string[], not: readonly string[]])[] = [
    ["p1", ["p1"], ["p", "p11", "xp1", "P1"]],
    ["p*", ["p", "p1", "p\n1"], ["xp", ""]],
    ["*", ["", "anything"], []],
    ["p?", ["p1", "p\u{1f600}"], ["p", "p12"]],
    ["a.b", ["a.b"], ["axb"]],
    ["[a](b){c}|^$+\\", ["[a](b){c}|^$+\\"], ["a"]],
    ["", [""], ["x"]],
    ["a\\*\\?\\\\", ["a*?\\"], ["ab?\\", "a*"]],
    ["*a*b?", ["xaxbx", "abbb", "ab\u{1f600}"], ["ab", "xb", "axb"]],
  ];

Deno.test("globMatcher matches the whole text: * any characters, ? one character, all others literally", () => {
  for (const [glob, matches, not] of CASES) {
    const test = globMatcher(glob);
    for (const text of matches) assert(test(text), `"${glob}" should match "${text}"`);
    for (const text of not) assert(!test(text), `"${glob}" should not match "${text}"`);
  }
});

Deno.test("globMatcher needs time in proportion to the text, whatever the glob", () => {
  const test = globMatcher(`${"*a".repeat(12)}*b`);
  const begun = performance.now();
  assert(!test("a".repeat(20_000)));
  assert(performance.now() - begun < 1_000);
});

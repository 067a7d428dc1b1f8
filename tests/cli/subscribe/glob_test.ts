import assert from "node:assert/strict";
import { globMatcher } from "../../../cli/subscribe/glob.ts";

const CASES:
  readonly (readonly [glob: string, matches: readonly string[], not: readonly string[]])[] = [
    ["p1", ["p1"], ["p", "p11", "xp1", "P1"]],
    ["p*", ["p", "p1", "p\n1"], ["xp", ""]],
    ["*", ["", "anything"], []],
    ["p?", ["p1", "p\u{1f600}"], ["p", "p12"]],
    ["a.b", ["a.b"], ["axb"]],
    ["[a](b){c}|^$+\\", ["[a](b){c}|^$+\\"], ["a"]],
    ["", [""], ["x"]],
  ];

Deno.test("globMatcher matches the whole text: * any characters, ? one character, all others literally", () => {
  for (const [glob, matches, not] of CASES) {
    const test = globMatcher(glob);
    for (const text of matches) assert(test(text), `"${glob}" should match "${text}"`);
    for (const text of not) assert(!test(text), `"${glob}" should not match "${text}"`);
  }
});

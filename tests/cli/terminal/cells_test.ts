import assert from "node:assert/strict";
import { fit, pad, plainText, shrunk, widthOf } from "../../../cli/terminal/cells.ts";

const FAMILY = "\u{1f469}\u200d\u{1f469}\u200d\u{1f467}";

Deno.test("widthOf counts the columns of graphemes: wide characters, marks, flags and families", () => {
  const cases = [["abc", 3], ["東京", 4], ["e\u0301", 1], ["\u{1f1e9}\u{1f1ea}", 2], [
    FAMILY,
    2,
  ]] as const;
  for (const [text, width] of cases) assert.equal(widthOf(text), width, text);
});

Deno.test("fit cuts between graphemes, and never exceeds the columns", () => {
  assert.equal(fit("abcdef", 4), "abc…");
  assert.equal(fit("東京都", 4), "東…");
  assert.equal(fit("東京都", 5), "東京…");
  assert.equal(fit(`${FAMILY}${FAMILY}x`, 4), `${FAMILY}…`);
  assert.equal(fit("a\u0302\u0316b\u0302\u0316c", 2), "a\u0316\u0302…".normalize("NFC"));
  assert.equal(fit("abc", 0), "");
});

Deno.test("fit of a text of a million characters looks at its beginning only", () => {
  assert.equal(fit("\u00fc".repeat(1_000_000), 3), "\u00fc\u00fc…");
});

Deno.test("plainText replaces controls, marks without a letter, and piles of marks", () => {
  assert.equal(plainText("a\u202eb\ufeffc\u2028d"), "a?b?c?d");
  assert.equal(plainText("\u0301x"), "?x");
  assert.equal(plainText(`q${"\u0301".repeat(100)}x`), "?x");
  assert.equal(plainText(FAMILY), FAMILY);
});

Deno.test("pad fills a cell by its columns on either side", () => {
  assert.equal(pad("東", 4), "東  ");
  assert.equal(pad("東", 4, "left"), "  東");
});

Deno.test("shrunk takes from the widest columns, down to four", () => {
  assert.deepEqual(shrunk([3, 10, 6], 30), [3, 10, 6]);
  assert.deepEqual(shrunk([3, 10, 6], 15), [3, 6, 6]);
  assert.deepEqual(shrunk([3, 10, 6], 13), [3, 5, 5]);
  assert.deepEqual(shrunk([3, 10, 6], 1), [3, 4, 4]);
});

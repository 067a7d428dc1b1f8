import assert from "node:assert/strict";
import * as option from "../../../drivers/contract/option.ts";

const spec = { group: "df", name: "x", default: "", help: "X" };

Deno.test("listOption keeps brackets and quotes, when items contain them", () => {
  const { type } = option.listOption(spec);
  assert.deepEqual(type.parse("[::1],[fe80::1]:8866"), ["[::1]", "[fe80::1]:8866"]);
  assert.deepEqual(type.parse(" 'a' ,b,, "), ["'a'", "b"]);
  assert.deepEqual(type.parse(type.format(["a", "", "b"])), ["a", "", "b"]);
});

Deno.test("boolOption refuses a text, when it is the name of a property of Object.prototype", () => {
  const { type } = option.boolOption(spec);
  assert.equal(type.parse("constructor"), undefined);
  assert.equal(type.parse("__proto__"), undefined);
  assert.equal(type.parse(" yes"), undefined);
  assert.equal(type.parse("YES"), true);
});

Deno.test("intOption reads everything that Python's int reads, when it is within bounds", () => {
  const { type } = option.intOption({ ...spec, min: -5, max: 2000 });
  const texts = [
    " 010 ",
    "+7",
    "-5",
    "1_000",
    "-6",
    "2001",
    "1__0",
    "_1",
    "0x10",
    "1.0",
    "",
    "NaN",
  ];
  const values = [10, 7, -5, 1000];
  assert.deepEqual(texts.map((text) => type.parse(text)), [...values, ...Array(8).fill(undefined)]);
});

Deno.test("floatOption reads fractions and exponents, when they are within bounds", () => {
  const { type } = option.floatOption({ ...spec, min: 0, max: 100 });
  const texts = ["0.5", ".5", "5.", "1e1", "1_0.0_1", "nan", "inf", "1e3", "-0.1", ".", "1,5"];
  const values = [0.5, 0.5, 5, 10, 10.01];
  assert.deepEqual(texts.map((text) => type.parse(text)), [...values, ...Array(6).fill(undefined)]);
});

Deno.test("patternOption compares the whole text, when its expression is anchored", () => {
  const { type } = option.patternOption({ ...spec, pattern: /^[a-z]+$/, wanted: "small letters" });
  assert.equal(type.parse("abc"), "abc");
  assert.equal(type.parse("abc1"), undefined);
  assert.equal(type.wanted, "small letters");
});

Deno.test("patternOption gives the same answer each time, when its expression is global or sticky", () => {
  for (const pattern of [/^[a-z]+$/g, /^[a-z]+$/y]) {
    const { type } = option.patternOption({ ...spec, pattern, wanted: "small letters" });
    assert.deepEqual([1, 2, 3].map(() => type.parse("abc")), ["abc", "abc", "abc"]);
  }
});

Deno.test("fileModeOption is octal with or without a leading zero, when it has three digits", () => {
  const { type } = option.fileModeOption(spec);
  assert.equal(type.parse("0660"), 0o660);
  assert.equal(type.parse("600"), 0o600);
  assert.equal(type.format(0o660), "0660");
  for (const text of ["0o660", "66", "0888", "01777", ""]) {
    assert.equal(type.parse(text), undefined);
  }
});

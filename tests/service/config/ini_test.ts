import assert from "node:assert/strict";
import { parseIni } from "../../../service/config/ini.ts";

function values(text: string): (string | number)[][] {
  const { assignments, problems } = parseIni(text);
  assert.deepEqual(problems, []);
  return assignments.map(({ group, name, value, line }) => [group, name, value, line]);
}

function problems(text: string): (string | number)[][] {
  return parseIni(text).problems.map(({ line, message }) => [line, message]);
}

Deno.test("parseIni returns the line of the name, when a value has continuation lines", () => {
  const text = "# first\n[df]\n\na = 1\n  2\n\t3\nb: 4\n[DEFAULT]\nc = 5";
  assert.deepEqual(values(text), [
    ["df", "a", "1\n2\n3", 4],
    ["df", "b", "4", 7],
    ["DEFAULT", "c", "5", 9],
  ]);
});

Deno.test("parseIni keeps every occurrence in order, when a name is repeated", () => {
  assert.deepEqual(values("[df]\na = 1\na = 2\n[df]\na = 3\n"), [
    ["df", "a", "1", 2],
    ["df", "a", "2", 3],
    ["df", "a", "3", 5],
  ]);
});

Deno.test("parseIni counts lines once, when they end in CR LF", () => {
  assert.deepEqual(values("\uFEFF[df]\r\n\r\na = 1\r\n"), [["df", "a", "1", 3]]);
});

Deno.test("parseIni removes one pair of quotes only, when a value has several", () => {
  assert.deepEqual(values(`[df]\na = ""b""\nc = 'd"\n`), [
    ["df", "a", '"b"', 2],
    ["df", "c", `'d"`, 3],
  ]);
});

Deno.test("parseIni reports every invalid line without its text, when several are invalid", () => {
  const text = "early = 1\n[df]\nhunter2\n= 3\n\n  lost\n[open\nskipped = 1\n[df] # x\n";
  assert.deepEqual(problems(text), [
    [1, 'option "early" is before the first section, wanted a [group] line above it'],
    [3, 'the line has no "=" or ":", wanted name = value'],
    [4, "the name is missing, wanted name = value"],
    [6, "a line that begins with a blank continues a value, but no value precedes it"],
    [7, 'section "[open", wanted [name] and nothing after it'],
    [9, 'section "[df] # x", wanted [name] and nothing after it'],
  ]);
});

Deno.test("parseIni reports one problem, when an invalid line has continuation lines", () => {
  assert.deepEqual(problems("[df]\nbad\n  more\n  and more\n").length, 1);
});

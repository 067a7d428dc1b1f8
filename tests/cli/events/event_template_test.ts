import assert from "node:assert/strict";
import { eventJson } from "../../../cli/events/event_json.ts";
import { CONVERSIONS, parseTemplate } from "../../../cli/events/event_template.ts";
import { FORMAT_HELP } from "../../../cli/events/event_flags.ts";
import { UsageError } from "../../../cli/flags/failure.ts";
import { oneLine } from "../../../cli/terminal/log.ts";
import { dbUpdate } from "../../../service/event/db_update.ts";

const timestamp = Date.UTC(2026, 0, 2, 3, 4, 5, 678);
const origin = { publisher: "p", epoch: 7, topic: "D", seq: 3, sentAt: timestamp * 1000 - 1_500 };
const update = {
  ...dbUpdate({ table: "lport", key: "k1", action: "set", value: '{"name":"é"}', timestamp }),
  origin,
  position: "5-0",
};

const CASES: readonly (readonly [template: string, text: string])[] = [
  ["%t %T %k %a %v", 'D lport k1 set {"name":"é"}\n'],
  ["%I|%U|%L", "2026-01-02T03:04:05.678Z|1767323045.678|1.500\n"],
  ["%p/%e/%s %o", "p/7/3 5-0\n"],
  ["%l bytes, 100%%", "13 bytes, 100%\n"],
  ["%{value.name}-%{sentAt}", "é-2026-01-02T03:04:05.676500Z\n"],
  ["[%-6k][%6k][%.1k][%-3.1k]", "[k1    ][    k1][…][…  ]\n"],
  ["a\\tb\\n\\\\\\c", "a\tb\n\\"],
];

Deno.test("parseTemplate writes what its conversions name, and a newline", () => {
  for (const [template, text] of CASES) {
    assert.equal(parseTemplate(template)(update), text, template);
  }
});

Deno.test("parseTemplate %j and %J are the lines of --json and --json=nested", () => {
  assert.equal(parseTemplate("%j")(update), `${eventJson(update)}\n`);
  assert.deepEqual(JSON.parse(parseTemplate("%J")(update)).value, { name: "é" });
});

Deno.test("parseTemplate leaves empty what an event does not have", () => {
  const sync = dbUpdate({ table: null, key: null, action: "sync", timestamp });
  const template = "[%T%k%v%p%e%s%o%L%{value.x}%{table}]%l";
  assert.equal(parseTemplate(template)(sync), "[]0\n");
});

Deno.test("parseTemplate makes the texts of an event safe, and leaves its own", () => {
  const template = parseTemplate("\\e[1m%k\\e[0m", oneLine);
  assert.equal(template({ ...update, key: "\x1b[2J" }), "\x1b[1m\\x1b[2J\x1b[0m\n");
});

const MISTAKES: readonly (readonly [template: string, said: RegExp, pointer: string])[] = [
  ["%k %q", /^--format: unknown conversion "%q", wanted one of %t .*, at character 4$/, "   ^"],
  ["%", /^--format: unknown conversion "%", wanted one of/, "^"],
  ["%-20", /^--format: unknown conversion "%-20", wanted/, "^"],
  ["%99999k", /^--format: wanted at most 9999 columns, at character 2$/, " ^"],
  ["%.10000k", /^--format: wanted at most 9999 columns, at character 2$/, " ^"],
  ["", /^--format: empty, wanted a template such as %t %k, at character 1$/, "^"],
  ["%{value.}", /^--format: wanted a name after the dot, at character 9$/, "        ^"],
  ["%{value", /^--format: wanted } at the end of the path, at character 8$/, "       ^"],
  ["%{keys}", /^--format: unknown name "keys"; did you mean "key"\?, at character 3$/, "  ^"],
  ["a\\q", /^--format: unknown escape "\\q", wanted/, " ^"],
  ["a\\cb", /^--format: unknown escape "\\c", wanted/, " ^"],
];

Deno.test("parseTemplate points at the character that is wrong", () => {
  for (const [template, said, pointer] of MISTAKES) {
    assert.throws(() => parseTemplate(template), (error) => {
      assert(error instanceof UsageError);
      const lines = error.message.split("\n");
      assert.match(lines[0] ?? "", said);
      assert.deepEqual(lines.slice(1), [template, pointer]);
      return true;
    }, template);
  }
});

Deno.test("the help of --format has every conversion", () => {
  for (const letter of Object.keys(CONVERSIONS)) {
    assert(FORMAT_HELP.includes(` %${letter}  `), letter);
  }
});

import assert from "node:assert/strict";
import * as option from "../../../drivers/contract/option.ts";
import { ConfigError } from "../../../service/config/config_error.ts";
import { loadConfig } from "../../../service/config/load_config.ts";
import { nameOf } from "../../../service/config/option_name.ts";
import { facts, memoryIo } from "./config_fixture.ts";

type NamedText = readonly [name: string, text: string | null];

interface RecordedOption extends option.OptionName {
  readonly type: string;
  readonly default: string;
  readonly aliases?: readonly (readonly [group: string, name: string])[];
}

type Outcome = { readonly value: unknown } | { readonly error: string };

interface RecordedCase {
  readonly name: string;
  readonly files?: readonly NamedText[];
  readonly directory?: readonly NamedText[] | null;
  readonly env?: Readonly<Record<string, string>>;
  readonly answer:
    | { readonly values: Readonly<Record<string, Outcome>> }
    | { readonly error: string };
}

interface Recording {
  readonly choices: readonly string[];
  readonly integerBounds: readonly [number, number];
  readonly floatBounds: readonly [number, number];
  readonly options: readonly RecordedOption[];
  readonly standard: Readonly<Record<string, unknown>>;
  readonly cases: readonly RecordedCase[];
}

/** Cases with an intended difference from oslo.config, and the reason. */
const DIFFERENT: Readonly<Record<string, { why: string; values: Record<string, unknown> }>> = {
  "empty number": { why: "an empty number gives the option's default, not None", values: {} },
  "empty boolean": { why: "as for numbers", values: {} },
  "empty choice": { why: "as for numbers", values: {} },
  "reference to a list": {
    why: "a list within a text is spelled as in a file, not as in Python",
    values: { "df.text": "a,b", "df.other_text": "a,b on controller", "df.items": ["a", "b"] },
  },
  "reference of a number": {
    why: "3 is a whole number, although its option takes fractions",
    values: { "df.ratio": 3, "df.number": 3, "df.hosts": ["127.0.0.1:3"] },
  },
  "reference to DEFAULT by its name": {
    why: "DEFAULT is a group like others",
    values: { "df.text": "controller", "df.other_text": "controller on controller" },
  },
  "reference to a group in capitals": {
    why: "the case of a group matters nowhere",
    values: { "df.text": "127.0.0.1", "df.other_text": "127.0.0.1 on controller" },
  },
  "reference to an option that only a file knows": {
    why: "options of other services are not in the table, and files refer to them",
    values: { "df.text": "1", "df.other_text": "1 on controller" },
  },
  "variable for an alias": {
    why: "an alias is read from every source",
    values: {
      "df.local_ip": "10.0.0.9",
      "df.items": ["10.0.0.9"],
      "df.hosts": ["10.0.0.9:7"],
    },
  },
};

/** Cases that oslo.config accepts and loadConfig refuses. */
const REFUSED: Readonly<Record<string, string>> = {
  "float not a number": "no bound holds for it",
};

const recording: Recording = JSON.parse(
  await Deno.readTextFile(new URL("../../data/oslo/answers.json", import.meta.url)),
);
const table = recording.options.map(optionOf);

function optionOf(row: RecordedOption): option.OptionDef {
  const { type, aliases = [], ...rest } = row;
  const spec = { ...rest, help: "", aliases: aliases.map(([group, name]) => ({ group, name })) };
  const [[low, high], [least, most]] = [recording.integerBounds, recording.floatBounds];
  switch (type) {
    case "string":
      return option.stringOption(spec);
    case "boolean":
      return option.boolOption(spec);
    case "integer":
      return option.intOption({ ...spec, min: low, max: high });
    case "float":
      return option.floatOption({ ...spec, min: least, max: most });
    case "choice":
      return option.choiceOption({ ...spec, choices: recording.choices });
    case "list":
      return option.listOption(spec);
    default:
      throw new TypeError(`Recorded option "${row.name}": type ${type} is unknown`);
  }
}

async function valuesOf(given: RecordedCase): Promise<Record<string, unknown>> {
  const inside = (given.directory ?? []).map(([name, text]) => [`conf.d/${name}`, text] as const);
  const present = [...given.files ?? [], ...inside].flatMap(([name, text]) =>
    text === null ? [] : [[name, text]]
  );
  const config = await loadConfig({
    table,
    facts,
    files: [
      ...given.files?.map(([name]) => name) ?? [],
      ...given.directory === undefined ? [] : ["conf.d/"],
    ],
    env: given.env,
    io: memoryIo(Object.fromEntries(present)),
  });
  return Object.fromEntries(table.map((each) => [nameOf(each), config.get(each)]));
}

/** The options that oslo.config could not read, or the text for a configuration that it refused. */
function failuresOf({ answer }: RecordedCase): readonly string[] {
  if ("error" in answer) return ["cannot be read", "wanted", "no value precedes it"];
  return Object.entries(answer.values).flatMap(([name, each]) => "error" in each ? [name] : []);
}

function valuesRecorded({ name, answer }: RecordedCase): Record<string, unknown> {
  const different = DIFFERENT[name];
  if (different !== undefined) return { ...recording.standard, ...different.values };
  assert.ok("values" in answer);
  const changed = Object.entries(answer.values).map(([option, each]) => {
    assert.ok("value" in each);
    return [option, each.value];
  });
  return { ...recording.standard, ...Object.fromEntries(changed) };
}

async function assertRefused(given: RecordedCase, subjects: readonly string[]): Promise<void> {
  await assert.rejects(valuesOf(given), (error) => {
    assert.ok(error instanceof ConfigError, String(error));
    assert.ok(subjects.some((subject) => error.message.includes(subject)), error.message);
    return true;
  });
}

for (const given of recording.cases) {
  const failures = failuresOf(given);
  const refused = REFUSED[given.name] !== undefined ||
    (failures.length > 0 && DIFFERENT[given.name] === undefined);
  Deno.test(`loadConfig gives the same result as oslo.config, when given: ${given.name}`, async () => {
    if (refused) {
      await assertRefused(given, REFUSED[given.name] === undefined ? failures : ["df.ratio is"]);
    } else assert.deepEqual(await valuesOf(given), valuesRecorded(given));
  });
}

Deno.test("the known differences from oslo.config are all among the recorded cases", () => {
  const names = new Set(recording.cases.map(({ name }) => name));
  for (const name of [...Object.keys(DIFFERENT), ...Object.keys(REFUSED)]) {
    assert.ok(names.has(name), name);
  }
  assert.ok(names.size > 150);
});

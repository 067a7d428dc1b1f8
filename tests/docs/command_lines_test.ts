import assert from "node:assert/strict";
import configuration from "../../deno.json" with { type: "json" };
import { createProgram } from "../../cli/program.ts";
import { FakeIo } from "../support/fakes/fake_io.ts";
import { blocksOf, proseOf, readPages } from "./pages.ts";
import { commandsOf } from "./shell_words.ts";
import { leavesOf, usageProblem } from "./usage.ts";

const pages = await readPages();
const scripts = pages.flatMap((page) => blocksOf(page, "sh"));

// What may stand before the program's name: variables, and commands that run another.
const BEFORE = /^(?:sudo|timeout|\d+|\w+=.*)$/s;

/** The arguments of a call of the program; undefined when the command is another one. */
function argumentsIn(words: readonly string[]): readonly string[] | undefined {
  const at = words.findIndex((word) => !BEFORE.test(word));
  return words[at] === "df-pubsub" ? words.slice(at + 1) : undefined;
}

/** The problems of every call of the program in a script. */
async function problemsIn(place: string, script: string): Promise<string[]> {
  const problems: string[] = [];
  for (const words of commandsOf(script)) {
    const args = argumentsIn(words);
    const problem = args === undefined ? undefined : await usageProblem(args);
    if (problem !== undefined) problems.push(`${place}: ${words.join(" ")}: ${problem}`);
  }
  return problems;
}

async function allProblems(texts: readonly (readonly [string, string])[]): Promise<string[]> {
  return (await Promise.all(texts.map(([place, script]) => problemsIn(place, script)))).flat();
}

Deno.test("every df-pubsub command in a shell block of a page is one that the program takes", async () => {
  assert.deepEqual(await allProblems(scripts.map(({ place, text }) => [place, text])), []);
});

Deno.test("every df-pubsub command with a flag in the text of a page is one that the program takes", async () => {
  const spans = pages.filter(({ path }) => !/^docs\/decisions\/|^CHANGELOG/.test(path))
    .flatMap((page) =>
      [...proseOf(page).matchAll(/`(df-pubsub [^`]*--[^`]*)`/g)].map(([, code = ""]) =>
        [page.path, code.replaceAll("\n", " ")] as const
      )
    );
  assert(spans.length > 0);
  assert.deepEqual(await allProblems(spans), []);
});

Deno.test("every example in the help of a command is one that the program takes", async () => {
  const io = new FakeIo();
  const leaves = leavesOf(createProgram(io, () => {}).commands);
  for (const command of leaves) command.outputHelp();
  const examples = [...io.out.text.matchAll(/^ {2}\$ (.+)$/gm)].map(([, line = ""]) => line);
  assert(examples.length > leaves.length);
  assert.deepEqual(await allProblems(examples.map((line) => ["help", line])), []);
});

Deno.test("every shell block of a page is one that bash can parse", async () => {
  for (const { place, text } of scripts) {
    const { stderr } = await new Deno.Command("bash", { args: ["-n", "-c", text] }).output();
    assert.equal(new TextDecoder().decode(stderr), "", place);
  }
});

Deno.test("every task in a shell block of a page is one of deno.json", () => {
  for (const { place, text } of scripts) {
    for (const [, task = ""] of text.matchAll(/\btask ([\w:]+)/g)) {
      assert(Object.hasOwn(configuration.tasks, task), `${place}: ${task}`);
    }
  }
});

Deno.test("usageProblem finds commands, flags, values and options that do not exist", async () => {
  const wrong: readonly (readonly string[])[] = [
    ["publsh"],
    ["subscribe", "--no-such-flag"],
    ["publish", "--action", "set", "--table", "lport"],
    ["subscribe", "--count", "many"],
    ["serve", "--set", "df.no_such_option=1"],
    ["publishers"],
  ];
  for (const args of wrong) assert.notEqual(await usageProblem(args), undefined, args.join(" "));
});

Deno.test("commandsOf finds commands behind pipes, redirections, quotes and comments", () => {
  const script = `a 'b c' "d\\"e" < in | sudo f --g=h > out & # i\nj \\\n  k && l 2>&1`;
  const commands = [["a", "b c", 'd"e'], ["sudo", "f", "--g=h"], ["j", "k"], ["l"]];
  assert.deepEqual(commandsOf(script), commands);
});

import assert from "node:assert/strict";
import type { ProgramResult } from "../support/program.ts";
import { ExampleSite } from "./example_site.ts";
import { onOneMachine, REPLACEMENTS, ruleOf, RULES, sequencesOf } from "./example_rules.ts";
import { helpExamples, oneOfEachCommand, pageExamples } from "./help_examples.ts";

/** Sequences that run side by side. */
const PARALLEL = 6;

Deno.test("every example in the help and in the guides ends as its text says, when it is executed", async () => {
  await using site = await ExampleSite.start();
  const examples = await allExamples();
  const chosen = oneOfEachCommand(examples, needsShell);
  const isProgram = (example: string) => chosen.includes(example) || needsShell(example);
  const failures: string[] = [];
  const runAll = async (all: readonly string[][]) => {
    const sequences = [];
    for (const sequence of all) {
      sequences.push({ sequence, directory: await site.directory() });
    }
    const waiting = sequences.values();
    const work = async () => {
      for (const { sequence, directory } of waiting) {
        for (const example of sequence.filter(isProgram)) {
          failures.push(...await failureOf(example, site.run(example, directory)));
        }
      }
    };
    await Promise.all(Array.from({ length: PARALLEL }, work));
    // One after another, since each has its own working directory.
    for (const { sequence, directory } of sequences) {
      for (const example of sequence.filter((example) => !isProgram(example))) {
        failures.push(...await failureOf(example, site.runHere(example, directory)));
      }
    }
  };
  const sequences = sequencesOf(examples);
  // First those that wait for all nodes: a node of another example that is killed counts as gone.
  await runAll(sequences.filter(waitsForNodes));
  await runAll(sequences.filter((sequence) => !waitsForNodes(sequence)));
  assert.equal(failures.join("\n"), "");
});

function waitsForNodes(sequence: readonly string[]): boolean {
  return sequence.some((example) => /^df-pubsub wait|--wait-nodes/.test(example));
}

async function allExamples(): Promise<string[]> {
  return [...new Set([...helpExamples(), ...await pageExamples()])];
}

/** Whether an example is more than the words of one command, or shares its streams. */
function needsShell(example: string): boolean {
  const isSimple = !/[|<>]|\$[A-Z]|--exec/.test(onOneMachine(example));
  return !isSimple || ruleOf(example).input?.keys !== undefined;
}

async function failureOf(example: string, run: Promise<ProgramResult>): Promise<string[]> {
  const wanted = ruleOf(example).code ?? 0;
  try {
    const { code, stdout, stderr } = await run;
    const said = `${stdout.slice(-400)}${stderr.slice(-1000)}`;
    return code === wanted ? [] : [`${example}: exit code ${code}, not ${wanted}:\n${said}`];
  } catch (error) {
    return [`${example}: ${error instanceof Error ? error.message : error}`];
  }
}

Deno.test("every rule and replacement for examples is about one that the help or a guide shows", async () => {
  const examples = await allExamples();
  for (const rule of RULES) {
    assert(examples.some((example) => ruleOf(example) === rule), String(rule.of));
    assert.equal(rule.code !== undefined, rule.reason !== undefined, String(rule.of));
  }
  for (const [site] of REPLACEMENTS) {
    assert(examples.some((example) => example.search(site) >= 0), String(site));
  }
  assert.equal(
    examples.map(onOneMachine).some((line) => / ~?\/\w|192\.0\.2\.10:/.test(line)),
    false,
  );
});

// `deno task mutants [FOLDER…] [--count N] [--seed N] [--minutes N] [--timeout SECONDS]`: changes
// one token of a guard at a time in a copy of the project, runs the tests that should notice, and
// lists the changes that no test noticed.
import { parseArgs } from "node:util";
import { SeededRandom } from "../faults/harness/random.ts";
import type { SourceFile } from "../support/architecture/architecture.ts";
import { readSourceTree } from "../support/architecture/source_tree.ts";
import { describe, mutated, type Mutation, mutationsOf } from "./mutations.ts";
import { MutantCopy, type Verdict } from "./mutant_copy.ts";
import { testsOf } from "./tests_of.ts";

const { values, positionals } = parseArgs({
  args: Deno.args,
  allowPositionals: true,
  options: {
    count: { type: "string", default: "20" },
    seed: { type: "string", default: String(Math.floor(Math.random() * 2 ** 31)) },
    minutes: { type: "string", default: "30" },
    timeout: { type: "string", default: "120" },
  },
});

interface Mutant {
  readonly file: SourceFile;
  readonly mutation: Mutation;
}

/** `no test`: there is no test, or each fails even without the change. */
type Outcome = "killed" | "survived" | "no test";

function wholeNumber(name: keyof typeof values): number {
  const number = Number(values[name]);
  if (Number.isSafeInteger(number) && number >= 0) return number;
  console.error(`--${name} "${values[name]}": wanted a whole number`);
  Deno.exit(2);
}

function sample(tree: readonly SourceFile[], count: number, seed: number): Mutant[] {
  const folders = positionals.length > 0 ? positionals : ["service", "drivers"];
  const isIn = (path: string) =>
    folders.some((each) => `${path}/`.startsWith(each.endsWith("/") ? each : `${each}/`));
  const all = tree.filter(({ path }) => isIn(path)).flatMap((file) =>
    mutationsOf(file.text).map((mutation) => ({ file, mutation }))
  );
  const random = new SeededRandom(seed);
  const chosen: Mutant[] = [];
  while (chosen.length < count && all.length > 0) {
    chosen.push(...all.splice(random.between(0, all.length - 1), 1));
  }
  return chosen;
}

class Trial {
  readonly #copy: MutantCopy;
  readonly #tree: readonly SourceFile[];
  /** Maximum time of one test file: a mutant may contain an endless loop. */
  readonly #timeoutMs: number;
  readonly #baseline = new Map<string, Promise<Verdict>>();

  constructor(copy: MutantCopy, tree: readonly SourceFile[], timeoutMs: number) {
    this.#copy = copy;
    this.#tree = tree;
    this.#timeoutMs = timeoutMs;
  }

  async of({ file: { path, text }, mutation }: Mutant): Promise<Outcome> {
    const changed = { path, text: mutated(text, mutation) };
    let passed = 0;
    for (const test of testsOf(path, this.#tree)) {
      if (await this.#run(changed, test) === "passed") passed++;
      else if (await this.#passesUnchanged({ path, text }, test)) return "killed";
    }
    return passed === 0 ? "no test" : "survived";
  }

  #run(change: { readonly path: string; readonly text: string }, test: string) {
    return this.#copy.testWith(change, test, this.#timeoutMs);
  }

  async #passesUnchanged(file: { readonly path: string; readonly text: string }, test: string) {
    if (!this.#baseline.has(test)) this.#baseline.set(test, this.#run(file, test));
    return await this.#baseline.get(test) === "passed";
  }
}

async function main(): Promise<number> {
  const [count, seed, minutes] = [
    wholeNumber("count"),
    wholeNumber("seed"),
    wholeNumber("minutes"),
  ];
  const tree = await readSourceTree(["main.ts", "mod.ts", "driver.ts", "wire.ts"]);
  const mutants = sample(tree, count, seed);
  const again = [...positionals, "--seed", seed, "--count", count].join(" ");
  console.log(`${mutants.length} mutants; the same again: ${again}`);
  await using copy = await MutantCopy.create();
  const trial = new Trial(copy, tree, wholeNumber("timeout") * 1000);
  const deadline = performance.now() + minutes * 60_000;
  const totals = new Map<Outcome, number>();
  for (const [index, mutant] of mutants.entries()) {
    if (performance.now() > deadline) {
      console.log(
        `stopped after ${minutes} minutes: ${mutants.length - index} mutants were not tried`,
      );
      break;
    }
    const outcome = await trial.of(mutant);
    totals.set(outcome, (totals.get(outcome) ?? 0) + 1);
    const { path, text } = mutant.file;
    console.log(`${outcome.padEnd(8)} ${path}:${describe(text, mutant.mutation)}`);
  }
  console.log([...totals].map(([outcome, total]) => `${total} ${outcome}`).join(", "));
  return 0;
}

Deno.exit(await main());

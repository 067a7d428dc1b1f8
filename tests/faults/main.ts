// `deno task faults [--only NAME,…]… [--seed N] [--short] [--tls] [--list]`: reads 100,000 mutated payloads
// (not with --only or --short), runs the scenarios and prints the ledger. Exits with 1 when a
// payload is misread or a row does not close.
import { parseArgs } from "node:util";
import { passed, reportText } from "./harness/report.ts";
import { runScenario } from "./harness/run_scenario.ts";
import { openSecurity, shareSecurity } from "./harness/security.ts";
import { scenarios } from "./scenarios.ts";

const { values } = parseArgs({
  args: Deno.args,
  options: {
    only: { type: "string", multiple: true },
    seed: { type: "string" },
    short: { type: "boolean", default: false },
    tls: { type: "boolean", default: false },
    list: { type: "boolean", default: false },
  },
});

function chosen() {
  const names = values.only?.flatMap((list) => list.split(","));
  const unknown = names?.find((name) => !scenarios.some((each) => each.name === name));
  if (unknown !== undefined) {
    console.error(`--only "${unknown}": unknown scenario, wanted one from --list`);
    Deno.exit(2);
  }
  if (names !== undefined) return scenarios.filter(({ name }) => names.includes(name));
  return scenarios.filter(({ hasShortForm }) => hasShortForm || !values.short);
}

function seedOf(text: string | undefined): number {
  const seed = text === undefined ? Math.floor(Math.random() * 2 ** 31) : Number(text);
  if (Number.isSafeInteger(seed)) return seed;
  console.error(`--seed "${text}": wanted a whole number`);
  Deno.exit(2);
}

/** Runs the full test of mutated payloads; `deno task test` runs a fifth of it. */
async function readsMutatedPayloads(seed: number): Promise<boolean> {
  const args = ["task", "test:only", "tests/service/event/codec/mutation_test.ts"];
  const env = { DF_FUZZ_ROUNDS: "100000", DF_FUZZ_SEED: String(seed) };
  return (await new Deno.Command(Deno.execPath(), { args, env }).spawn().status).success;
}

async function main(): Promise<number> {
  const seed = seedOf(values.seed);
  console.log(`seed ${seed}; the same faults again: deno task faults --seed ${seed}`);
  const isWhole = values.only === undefined && !values.short;
  if (isWhole && !await readsMutatedPayloads(seed)) return 1;
  const startedAt = performance.now();
  await using security = values.tls ? await openSecurity() : undefined;
  if (security !== undefined) shareSecurity(security);
  const outcomes = [];
  for (const scenario of chosen()) {
    const say = (line: string) => console.log(line);
    outcomes.push(
      await runScenario(scenario, { seed, isShort: values.short, isSecure: values.tls, say }),
    );
  }
  const failed = outcomes.filter((outcome) => !passed(outcome)).map(({ name }) => name);
  console.log(`\n${reportText(outcomes)}\n`);
  const minutes = ((performance.now() - startedAt) / 60_000).toFixed(1);
  console.log(`${outcomes.length} scenarios in ${minutes} minutes, seed ${seed}`);
  console.log(failed.length === 0 ? "every row closes" : `FAILED: ${failed.join(", ")}`);
  return failed.length === 0 ? 0 : 1;
}

if (values.list) { for (const { name, summary } of scenarios) console.log(`${name}: ${summary}`); }
else Deno.exit(await main());

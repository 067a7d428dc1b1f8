// `deno task test [--sources] [PATH…]`: the tests in these files and folders, by default all of them.
// Groups of files run in four processes side by side; end-to-end tests run the program's bundle, as
// the executable has it, or with --sources its sources, which start later. Prints what each group
// printed when it has ended. A few files in which tests failed run once more, alone.
import { parseArgs } from "node:util";
import { ROOT } from "../../packaging/child.ts";
import { bundleProgram } from "./bundled_program.ts";
import { groupsOf, testFilesAt } from "./groups.ts";
import { runAgain } from "./run_again.ts";
import { type Failure, PROCESSES, runGroups, type RunOptions } from "./run_groups.ts";
import { closingLine } from "./summary.ts";

const { values, positionals } = parseArgs({
  options: { sources: { type: "boolean", default: false } },
  allowPositionals: true,
});

const EXIT_CODES = { SIGINT: 130, SIGTERM: 143 } as const;
const interruption = new AbortController();
let exitCode: number | undefined;
for (const [name, code] of Object.entries(EXIT_CODES)) {
  Deno.addSignalListener(name as Deno.Signal, () => {
    exitCode ??= code;
    interruption.abort();
  });
}

async function main(): Promise<boolean> {
  const begun = performance.now();
  const paths = positionals.length > 0 ? positionals : ["tests"];
  const files = await testFilesAt(ROOT, paths).catch(({ message }) => {
    console.error(message);
    Deno.exit(2);
  });
  const directory = await Deno.makeTempDir({ prefix: "df-pubsub-tests-" });
  try {
    const options: RunOptions = {
      root: ROOT,
      env: values.sources ? {} : { DF_PUBSUB_BUNDLE: await bundleProgram(directory) },
      signal: interruption.signal,
      print: console.log,
      processes: PROCESSES,
    };
    const first = await runGroups(groupsOf(files), options);
    const { summary, failures, races } = await runAgain(first, options);
    list("Failures:", failures);
    list("Passed only when run again (a race to mend):", races);
    console.log(closingLine(summary, performance.now() - begun));
    return summary.failed === 0;
  } finally {
    await Deno.remove(directory, { recursive: true });
  }
}

function list(title: string, failures: readonly Failure[]): void {
  if (failures.length === 0) return;
  console.log(`${title}\n\n${failures.map(({ line }) => line).join("\n")}\n`);
}

const isOk = await main();
Deno.exit(exitCode ?? (isOk ? 0 : 1));

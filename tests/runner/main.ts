// `deno task test [--bundle] [PATH…]`: the tests in these files and folders, by default all of them.
// Groups of files run in two processes side by side; end-to-end tests run the program's sources, or
// with --bundle its bundle, which starts sooner. Prints what each group printed when it has ended.
import { parseArgs } from "node:util";
import { ROOT } from "../../packaging/child.ts";
import { bundleProgram } from "./bundled_program.ts";
import { groupsOf, testFilesAt } from "./groups.ts";
import { runGroups } from "./run_groups.ts";
import { closingLine } from "./summary.ts";

const { values, positionals } = parseArgs({
  options: { bundle: { type: "boolean", default: false } },
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
  const files = await testFilesAt(ROOT, positionals.length > 0 ? positionals : ["tests"]);
  const directory = await Deno.makeTempDir({ prefix: "df-pubsub-tests-" });
  try {
    const { summary, failures } = await runGroups(groupsOf(files), {
      root: ROOT,
      env: values.bundle ? { DF_PUBSUB_BUNDLE: await bundleProgram(directory) } : {},
      signal: interruption.signal,
      print: console.log,
    });
    if (failures.length > 0) console.log(`Failures:\n\n${failures.join("\n")}\n`);
    console.log(closingLine(summary, performance.now() - begun));
    return summary.failed === 0;
  } finally {
    await Deno.remove(directory, { recursive: true });
  }
}

const isOk = await main();
Deno.exit(exitCode ?? (isOk ? 0 : 1));

import { fileURLToPath } from "node:url";
import { bundle, ENTRY } from "../packaging/bundle.ts";
import { deno } from "../packaging/child.ts";
import { compile, RUN_FLAGS } from "../packaging/compile.ts";
import { targetOf } from "../packaging/targets.ts";
import { V8_FLAGS } from "../packaging/v8_flags.ts";

/** A command line that arguments follow. */
export type CommandLine = readonly [command: string, ...args: string[]];

/** The program in one of the forms in which it runs. */
export interface Program {
  /** The end of the label in the report, after "serve" or "publish": `from its sources`. */
  readonly name: string;
  readonly command: CommandLine;
}

const MAIN = fileURLToPath(new URL("../main.ts", import.meta.url));

/** The current Deno runs the sources, with the flags of `deno task serve`. */
export const SOURCES: Program = {
  name: "from its sources",
  command: [Deno.execPath(), "run", "-A", V8_FLAGS, MAIN],
};

/** The program as it is shipped, and an empty program that runs in the same way. */
export interface ShippedProgram extends Program {
  readonly empty: CommandLine;
}

/** The source of the executable, run by the current Deno with the executable's flags. */
export async function bundledProgram(directory: string): Promise<ShippedProgram> {
  const path = `${directory}/bundle`;
  await bundle({ directory: path, target: targetOf(), commit: undefined });
  const run = [Deno.execPath(), "run", ...RUN_FLAGS] as const;
  return {
    name: "as its bundle",
    command: [...run, `${path}/${ENTRY}`],
    empty: [...run, await emptyFile(directory)],
  };
}

/** The executable, or undefined unless `DENORT_BIN` names a runtime to compile it with. */
export async function compiledProgram(directory: string): Promise<ShippedProgram | undefined> {
  if (Deno.env.get("DENORT_BIN") === undefined) return undefined;
  const [output, empty] = [`${directory}/df-pubsub`, `${directory}/empty`];
  await compile({ target: targetOf(), output });
  await deno(["compile", ...RUN_FLAGS, "--output", empty, await emptyFile(directory)]);
  return { name: "as its executable", command: [output], empty: [empty] };
}

async function emptyFile(directory: string): Promise<string> {
  const path = `${directory}/empty.js`;
  await Deno.writeTextFile(path, "");
  return path;
}

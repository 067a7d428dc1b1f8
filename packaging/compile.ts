// Makes one executable: `deno task compile [--target TRIPLE] [--output FILE]`.
import { dirname, resolve } from "node:path";
import { parseArgs } from "node:util";
import { checkBase, wantedBase } from "./base_binary.ts";
import { BESIDE, ENTRY } from "./bundle.ts";
import { ChildError, deno, output as outputOf } from "./child.ts";
import { commitOf } from "./commit.ts";
import { permissionFlags } from "./permissions.ts";
import { Stage } from "./stage.ts";
import { type Target, targetOf } from "./targets.ts";
import { V8_FLAGS } from "./v8_flags.ts";

/** What the program runs with, whether it is compiled or its bundle is run: for both the same. */
export const RUN_FLAGS: readonly string[] = [
  "--no-check",
  // Everything is in the bundle, so nothing is looked up.
  "--no-config",
  "--no-lock",
  "--no-npm",
  "--no-remote",
  // Deno would keep it under a foreseeable name in $TMPDIR, where others might put theirs.
  "--no-code-cache",
  V8_FLAGS,
  ...permissionFlags(),
];

/** The exit code when Deno's base binary is not to be had. */
export const NO_BASE_BINARY = 3;

/** What is compiled, and where to. */
export interface CompileOptions {
  readonly target: Target;
  /** Path of the executable; its directory is made. */
  readonly output: string;
}

/**
 * Writes the executable. `deno task ok` checks the types: Deno 2.4 would ask the registry for those
 * of Node, which are not locked.
 *
 * @throws {NoBaseBinary} when Deno's base binary for that platform is missing
 */
export async function compile({ target, output }: CompileOptions): Promise<void> {
  await checkBase(target);
  await using stage = await Stage.create(target, await commitOf());
  await Deno.mkdir(dirname(output), { recursive: true });
  const flags = [...RUN_FLAGS, "--target", target.triple, "--output", output];
  const beside = BESIDE.flatMap((name) => ["--include", name]);
  try {
    await deno(["compile", ...flags, ...beside, ENTRY], { cwd: stage.path });
  } catch (error) {
    throw explain(error, target);
  }
  if (target.triple === Deno.build.target) await tryOut(output);
}

function explain(error: unknown, target: Target): unknown {
  if (!(error instanceof ChildError) || !/base binary|denort/.test(error.stderr)) return error;
  const message = "Cannot get Deno's base binary from its download site: set DENORT_BIN, ";
  return new NoBaseBinary(message + wantedBase(target), { cause: error });
}

/** Deno's base binary is neither named nor to be had from its download site. */
export class NoBaseBinary extends Error {
  override readonly name = "NoBaseBinary";
}

// A base binary that does not fit makes an executable that does not start.
async function tryOut(path: string): Promise<void> {
  await outputOf(path, ["--version"]);
}

/** What the command line asks for. */
export function compileOptions(args: readonly string[]): CompileOptions {
  const options = { target: { type: "string" }, output: { type: "string" } } as const;
  const { values } = parseArgs({ args: [...args], options });
  const target = targetOf(values.target);
  const suffix = values.target === undefined ? "" : `-${target.debian}`;
  return { target, output: resolve(values.output ?? `dist/df-pubsub${suffix}`) };
}

if (import.meta.main) {
  try {
    const options = compileOptions(Deno.args);
    await compile(options);
    const { size } = await Deno.stat(options.output);
    console.log(`${options.output}: ${(size / 1e6).toFixed(1)} MB, ${options.target.triple}`);
  } catch (error) {
    console.error(error instanceof Error ? error.message : error);
    Deno.exit(error instanceof NoBaseBinary ? NO_BASE_BINARY : 1);
  }
}

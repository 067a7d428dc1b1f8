// Compiles the executable: `deno task compile [--target TRIPLE] [--output FILE]`.
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

/** The flags of the program, both compiled and as a bundle. */
export const RUN_FLAGS: readonly string[] = [
  "--no-check",
  // Everything is in the bundle, so nothing is resolved.
  "--no-config",
  "--no-lock",
  "--no-npm",
  "--no-remote",
  // Deno would keep it under a predictable name in $TMPDIR, where others could create it first.
  "--no-code-cache",
  V8_FLAGS,
  ...permissionFlags(),
];

/** The exit code if Deno's base binary is not available. */
export const NO_BASE_BINARY = 3;

/** Options of {@linkcode compile}. */
export interface CompileOptions {
  readonly target: Target;
  /** Path of the executable, whose directory is created. */
  readonly output: string;
}

/**
 * Writes the executable. `deno task ok` checks the types, because Deno 2.4 would request those of
 * Node from the registry, which are not locked.
 *
 * @throws {NoBaseBinary} if Deno's base binary for that platform is missing
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

/** Deno's base binary is neither configured nor available from its download site. */
export class NoBaseBinary extends Error {
  override readonly name = "NoBaseBinary";
}

// A wrong base binary results in an executable that does not start.
async function tryOut(path: string): Promise<void> {
  await outputOf(path, ["--version"]);
}

/** Parses the command line. */
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

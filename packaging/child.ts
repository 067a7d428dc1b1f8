import { fileURLToPath } from "node:url";

/** The directory of the project. */
export const ROOT = fileURLToPath(new URL("../", import.meta.url));

/** How a child is run. */
export interface ChildOptions {
  /** @default the project's own */
  readonly cwd?: string;
  /** Variables besides those of this process. */
  readonly env?: Readonly<Record<string, string>>;
}

/** Runs a program to its end and gives what it printed. @throws {ChildError} when it fails */
export async function output(
  program: string,
  args: readonly string[],
  { cwd = ROOT, env = {} }: ChildOptions = {},
): Promise<string> {
  const command = new Deno.Command(program, { args: [...args], cwd, env });
  const { success, code, stdout, stderr } = await command.output();
  const decoder = new TextDecoder();
  if (success) return decoder.decode(stdout);
  throw new ChildError(`${program} ${args.join(" ")}: exit code ${code}`, decoder.decode(stderr));
}

/** A program that failed, with what it said. */
export class ChildError extends Error {
  override readonly name = "ChildError";
  readonly stderr: string;

  constructor(message: string, stderr: string) {
    super(`${message}\n${stderr}`.trimEnd());
    this.stderr = stderr;
  }
}

/** Runs the Deno that this script runs on. */
export function deno(args: readonly string[], options: ChildOptions = {}): Promise<string> {
  return output(Deno.execPath(), args, options);
}

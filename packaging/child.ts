import { fileURLToPath } from "node:url";

/** The directory of the project. */
export const ROOT = fileURLToPath(new URL("../", import.meta.url));

/** Options of a child process. */
export interface ChildOptions {
  /** The working directory. @default the project's */
  readonly cwd?: string;
  /** Additional environment variables. */
  readonly env?: Readonly<Record<string, string>>;
}

/** Runs a program and returns its output. @throws {ChildError} if it fails */
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

/** A program that failed, with its output on stderr. */
export class ChildError extends Error {
  override readonly name = "ChildError";
  readonly stderr: string;

  constructor(message: string, stderr: string) {
    super(`${message}\n${stderr}`.trimEnd());
    this.stderr = stderr;
  }
}

/** Runs Deno in the version of this script. */
export function deno(args: readonly string[], options: ChildOptions = {}): Promise<string> {
  return output(Deno.execPath(), args, options);
}

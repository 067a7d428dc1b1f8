/** A program that a command has started. Its output is that of the command. */
export interface ChildProgram {
  /** How it failed; undefined if it succeeded. Never rejects. */
  readonly failure: Promise<string | undefined>;
  /** Sends a signal, unless it has ended. */
  kill(signal: "SIGTERM" | "SIGKILL"): void;
}

/** The variables and the standard input of a program. */
export interface ChildInput {
  /** Variables besides those of this process. */
  readonly env: Readonly<Record<string, string>>;
  readonly stdin: string;
}

/**
 * Starts a program.
 *
 * @throws {Deno.errors.NotFound} if the program does not exist
 * @throws {Error} if the system refuses it, for example because a variable is too long
 */
export function startProgram(
  [program = "", ...args]: readonly string[],
  { env, stdin }: ChildInput,
): ChildProgram {
  const child = new Deno.Command(program, {
    ...{ args, env, ...directory() },
    ...{ stdin: "piped", stdout: "inherit", stderr: "inherit" },
  }).spawn();
  const writer = child.stdin.getWriter();
  // A program may end without reading its input.
  void writer.write(new TextEncoder().encode(stdin)).then(() => writer.close()).catch(() => {});
  return {
    failure: child.status.then(({ success, code, signal }) => {
      if (success) return undefined;
      return signal === null ? `exit code ${code}` : `signal ${signal}`;
    }),
    kill(signal) {
      try {
        child.kill(signal);
      } catch {
        // It has ended.
      }
    },
  };
}

/**
 * The directory to start a program in: that of this process, or `/` if the account may not enter
 * it, such as root's home after sudo. Deno starts no program there.
 */
function directory(): { readonly cwd?: string } {
  try {
    // The directory itself can be examined without entering it; a name in it cannot.
    Deno.statSync("./any");
  } catch (error) {
    if (error instanceof Deno.errors.PermissionDenied) return { cwd: "/" };
  }
  return {};
}

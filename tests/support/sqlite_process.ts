import { fileURLToPath } from "node:url";
import { linesOf } from "./lines.ts";

const SCRIPT = fileURLToPath(new URL("./sqlite_child.ts", import.meta.url));

/** A running `sqlite_child.ts`. Disposing kills it if it has not ended. */
export interface SqliteProcess extends AsyncDisposable {
  /** Returns the next line that it printed, or undefined after the last line. */
  line(): Promise<string | undefined>;
  /** Closes its stdin, which makes the process end, and resolves with the exit code. */
  finish(): Promise<number>;
  kill(signal: Deno.Signal): Promise<void>;
}

/**
 * Starts the child under the current Deno, with an optional shell prefix such as `ulimit -f 8;`.
 */
export function startSqliteProcess(args: readonly string[], prefix = ""): SqliteProcess {
  const command = [Deno.execPath(), "run", "-A", "--no-config", "--no-lock", SCRIPT, ...args];
  const child = new Deno.Command("sh", {
    args: ["-c", `${prefix} exec "$@"`, "sh", ...command],
    stdin: "piped",
    stdout: "piped",
  }).spawn();
  const lines = linesOf(child.stdout);
  let ended = false;
  const end = async (): Promise<number> => {
    if (!ended) {
      ended = true;
      await child.stdin.close();
      while (!(await lines.next()).done);
    }
    return (await child.status).code;
  };
  const kill = async (signal: Deno.Signal): Promise<void> => {
    if (!ended) child.kill(signal);
    await end();
  };
  return {
    line: async () => (await lines.next()).value,
    finish: end,
    kill,
    [Symbol.asyncDispose]: () => kill("SIGKILL"),
  };
}

import assert from "node:assert/strict";
import { fileURLToPath } from "node:url";
import { linesOf } from "./lines.ts";

const SCRIPT = fileURLToPath(new URL("./ipc_owner.ts", import.meta.url));

/** A running `ipc_owner.ts`. Disposing kills it. */
export interface IpcOwner extends AsyncDisposable {
  readonly pid: number;
  /**
   * Returns the next frame that the process received, as `topic|payload`, or undefined when the
   * process has ended.
   */
  frame(): Promise<string | undefined>;
  /** Sends the process a signal, such as `SIGKILL`. */
  kill(signal: Deno.Signal): void;
}

/** Starts a publisher service in its own process and waits until it listens. */
export async function startIpcOwner(
  directory: string,
  { asNobody = false }: { readonly asNobody?: boolean } = {},
): Promise<IpcOwner> {
  const child = new Deno.Command(Deno.execPath(), {
    args: ["run", "-A", SCRIPT, directory, ...(asNobody ? ["as-nobody"] : [])],
    stdout: "piped",
  }).spawn();
  const lines = linesOf(child.stdout);
  let hasEnded = false;
  const ending = child.status.then(() => hasEnded = true);
  const frame = async () => (await lines.next()).value;
  assert.equal(await frame(), "ready");
  return {
    pid: child.pid,
    frame,
    kill: (signal) => child.kill(signal),
    [Symbol.asyncDispose]: async () => {
      if (!hasEnded) child.kill("SIGKILL");
      while (await frame() !== undefined);
      await ending;
    },
  };
}

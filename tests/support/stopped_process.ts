import { poll } from "./redis/poll.ts";

/** Resolves when every thread of a process has stopped, which takes time after SIGSTOP. */
export async function untilStopped(pid: number): Promise<void> {
  await poll(`process ${pid} stands still`, async () => {
    const threads = await Array.fromAsync(Deno.readDir(`/proc/${pid}/task`), ({ name }) => name);
    const states = await Promise.all(threads.map((thread) => stateOf(pid, thread)));
    return states.every((state) => state === "T") || undefined;
  });
}

/** Reads the state that the kernel shows after the program's name. */
async function stateOf(pid: number, thread: string): Promise<string | undefined> {
  const stat = await Deno.readTextFile(`/proc/${pid}/task/${thread}/stat`);
  return stat[stat.lastIndexOf(")") + 2];
}

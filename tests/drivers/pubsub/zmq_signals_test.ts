import assert from "node:assert/strict";
import { setTimeout as pause } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { linesOf } from "../../support/lines.ts";
import { tempDir } from "../../support/temp_dir.ts";

const SCRIPT = fileURLToPath(new URL("../../support/zmq/loopback_frames.ts", import.meta.url));
const FRAMES = 20_000;
const MANY = 1_000;

// libzmq's functions fail when a signal arrives while they poll, with only that error. This needs a
// separate process: the kernel delivers signals to a main thread, in which no test runs.
Deno.test("zmq sends and receives every frame, while the process receives many signals", async () => {
  await using directory = await tempDir();
  const args = ["run", "-A", "--no-check", SCRIPT, directory.path, String(FRAMES)];
  await using child = new Deno.Command(Deno.execPath(), { args, stdout: "piped" }).spawn();
  const lines = linesOf(child.stdout);
  assert.equal((await lines.next()).value, "begins");
  const last = lines.next();
  const signals = await sendSignals(child, last);
  assert.equal((await last).value, `${FRAMES} came`);
  assert(signals > MANY, `${signals} signals`);
});

/** Sends 64 signals in every millisecond until `done`. @returns the number of signals */
async function sendSignals(child: Deno.ChildProcess, done: Promise<unknown>): Promise<number> {
  let isDone = false;
  const end = () => void (isDone = true);
  done.then(end, end);
  let sent = 0;
  for (; !isDone; sent++) {
    child.kill("SIGUSR1");
    if (sent % 64 === 0) await pause(1);
  }
  return sent;
}

import assert from "node:assert/strict";
import { Deployment } from "../support/deployment.ts";

const EVENT = ["publish", "--table", "lport", "--key", "p1", "--action", "set"];

const SIGTERM = 128 + 15;

/** The input that it waits for, its arguments, and its expected end. */
const WAITS_FOR_EVER: readonly (readonly [
  what: string,
  args: (fifo: string) => string[],
  code: number,
])[] = [
  [
    "a --value-file to which no process writes",
    (fifo) => [...EVENT, "--value-file", fifo],
    SIGTERM,
  ],
  ["a value on standard input that does not end", () => [...EVENT, "--value-file", "-"], 1],
  ["an event on standard input that does not end", () => ["publish", "--stdin"], 0],
];

for (const [what, args, code] of WAITS_FOR_EVER) {
  Deno.test(`publish ends at SIGTERM and publishes nothing, while it waits for ${what}`, async () => {
    await using deployment = await Deployment.create();
    await using service = await deployment.serve();
    const fifo = deployment.path("fifo");
    assert((await new Deno.Command("mkfifo", { args: [fifo] }).output()).success);
    await using publish = deployment.start(args(fifo));
    await publish.write("half of ");
    await untilWaiting(publish.pid);
    assert.equal((await publish.stop("SIGTERM")).code, code);
    const { stderr } = await service.program.stop();
    assert.match(stderr, /^stopped: 0 events relayed, 0 refused$/m);
  });
}

/**
 * Waits until a process has loaded everything and is idle: it uses no processor time for a while.
 */
async function untilWaiting(pid: number): Promise<void> {
  const RESTS = 5;
  const deadline = performance.now() + 30_000;
  let [before, rests] = [-1, 0];
  while (rests < RESTS) {
    assert(performance.now() < deadline, `process ${pid} did not become idle`);
    await new Promise((resolve) => setTimeout(resolve, 100));
    const fields = (await Deno.readTextFile(`/proc/${pid}/stat`)).split(") ")[1]?.split(" ") ?? [];
    const ticks = Number(fields[11]) + Number(fields[12]);
    rests = ticks === before && ticks > 10 ? rests + 1 : 0;
    before = ticks;
  }
}

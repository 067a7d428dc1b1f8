import assert from "node:assert/strict";
import { Deployment } from "../support/deployment.ts";
import { eventually } from "../support/eventually.ts";
import type { Program } from "../support/program.ts";

const EVENT = ["publish", "--table", "lport", "--key", "p1", "--action", "set"];
const SIGTERM = 128 + 15;
/** More than a pipe holds: it is written when the process has read most of it. */
const UNFINISHED = "x".repeat(256 * 1024);

/** Processor time that the start takes at least, in hundredths of a second. */
const START_TICKS = 5;
/** About half a second. */
const IDLE_LOOKS = 25;

/** The input that it waits for, its arguments, its expected end, and how to tell that it waits. */
const ENDLESS_INPUTS: readonly (readonly [
  what: string,
  args: (fifo: string) => string[],
  code: number,
  untilWaiting: (publish: Program) => Promise<void>,
])[] = [
  [
    "a --value-file to which no process writes",
    (fifo) => [...EVENT, "--value-file", fifo],
    SIGTERM,
    untilIdle,
  ],
  [
    "a value on standard input that does not end",
    () => [...EVENT, "--value-file", "-"],
    1,
    (publish) => publish.write(UNFINISHED),
  ],
  [
    "an event on standard input that does not end",
    () => ["publish", "--stdin"],
    0,
    (publish) => publish.write(UNFINISHED),
  ],
];

for (const [what, args, code, untilWaiting] of ENDLESS_INPUTS) {
  Deno.test(`publish ends at SIGTERM and publishes nothing, while it waits for ${what}`, async () => {
    await using deployment = await Deployment.create();
    await using service = await deployment.serve();
    const fifo = deployment.path("fifo");
    assert((await new Deno.Command("mkfifo", { args: [fifo] }).output()).success);
    await using publish = deployment.start(args(fifo));
    await untilWaiting(publish);
    assert.equal((await publish.stop("SIGTERM")).code, code);
    const { stderr } = await service.program.stop();
    assert.match(stderr, /^stopped: 0 events relayed, 0 refused$/m);
  });
}

for (const name of ["fifo", "fifo.gz"]) {
  for (const isHeld of [false, true]) {
    const waits = isHeld ? "writes nothing" : "has not opened it";
    Deno.test(`replay of the pipe ${name} ends at SIGTERM, while its writer ${waits}`, async () => {
      await using deployment = await Deployment.create();
      await using _service = await deployment.serve();
      const fifo = deployment.path(name);
      assert((await new Deno.Command("mkfifo", { args: [fifo] }).output()).success);
      using _writer = isHeld ? await Deno.open(fifo, { read: true, write: true }) : undefined;
      await using replay = deployment.start(["replay", fifo, "--yes"]);
      await untilIdle(replay);
      const { code, stderr } = await replay.stop("SIGTERM");
      assert.equal(code, 1, stderr);
      assert.doesNotMatch(stderr, /contains no events|Cannot read/);
    });
  }
}

/** The kernel does not show that a process is opening a pipe: it is when it has loaded and is idle. */
async function untilIdle({ pid }: Program): Promise<void> {
  let [before, idleLooks] = [0, 0];
  await eventually(async () => {
    const fields = (await Deno.readTextFile(`/proc/${pid}/stat`)).split(") ")[1]?.split(" ") ?? [];
    const ticks = Number(fields[11]) + Number(fields[12]);
    idleLooks = ticks === before && ticks >= START_TICKS ? idleLooks + 1 : 0;
    before = ticks;
    return idleLooks;
  }, (looks) => looks >= IDLE_LOOKS);
}

import { programCommand } from "../../support/program.ts";
import { Child } from "../harness/child.ts";
import { Rig } from "../harness/rig.ts";
import type { Scenario } from "../harness/scenario.ts";
import { sleep, until } from "../harness/wait.ts";

const SHORT_QUEUES = { "df_zmq.high_water_mark": 50 };
const READS_AFTER_S = 6;
/** The shell's children outlive it, and end by themselves. */
const ENDS_AFTER_S = 25;
/** Reads nothing for a while: the pipe fills up and blocks the process that writes to it. */
const SLOW_READER = `timeout -k 1 ${ENDS_AFTER_S} "$@" | { sleep ${READS_AFTER_S}; cat; }`;

/**
 * A subscriber with a slow application, and so with a full queue, loses its publisher. libzmq then
 * ends the whole process if a heartbeat is due at either end (zeromq/libzmq#3937, #4767).
 */
export const fullQueue: Scenario = {
  name: "full-queue",
  summary: "a subscriber with a full queue loses its publisher, and continues with the next",
  hasShortForm: false,
  async run({ say }) {
    await using rig = await Rig.create(SHORT_QUEUES);
    const service = await rig.serve();
    await rig.node("subscriber");
    await rig.witness();
    const subscribe = programCommand(["subscribe", "--json", ...rig.flags()]);
    await using slow = new Child("slow subscribe", ["sh", "-c", SLOW_READER, "sh", ...subscribe]);
    await slow.stderr.waitFor(/^listening on /m);
    const flood = rig.feeder("flood", 2_000, { valueBytes: 4_000 }).start();
    await sleep(2_000);
    await service.kill();
    say("the publisher was killed while the subscriber's queue was full");
    await sleep(2_000);
    await service.start();
    await flood.finish();
    const after = rig.feeder("after", 50).start();
    const hears = () => slow.stdout?.text.includes('"after#') === true || slow.hasEnded;
    await until(hears, { what: "the slow subscriber receives events again" }).catch(() => {});
    await after.finish();
    const rows = await rig.settle();
    const isBack = slow.stdout?.text.includes('"after#') === true;
    return { rows, faults: isBack ? [] : [`subscribe: ${slow.stderr.text.slice(-300)}`] };
  },
};

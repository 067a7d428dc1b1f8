import { memoryOf } from "../../../bench/process_stats.ts";
import { Rig } from "../harness/rig.ts";
import type { Scenario } from "../harness/scenario.ts";
import { sleep } from "../harness/wait.ts";

const MEGABYTE = 1024 * 1024;
const SAMPLE_EVERY_MS = 2_000;
/** V8 grows before it is warm: the first part of the run does not count. */
const WARM_AFTER = 0.3;
/** A real leak of one small object per event exceeds this at the rate of the soak. */
const FLAT_MB_A_MINUTE = 2;

interface Sample {
  readonly minutes: number;
  readonly megabytes: number;
}

/** A long run without faults, after which no process has grown. */
export const soak: Scenario = {
  name: "soak",
  summary: "five minutes at a steady rate: all events arrive, and memory stays flat",
  hasShortForm: false,
  async run({ say }) {
    await using rig = await Rig.create();
    const service = await rig.serve();
    const subscriber = await rig.node("subscriber");
    const api = await rig.node("nbapi", { kind: "nbapi" });
    await rig.witness();
    const feeder = rig.feeder("e", 1_000).start();
    const watched = { serve: service.child.pid, subscriber: subscriber.pid, nbapi: api.pid };
    const samples = await sampleFor(5 * 60_000, Object.values(watched), say);
    const { code, stderr } = await feeder.finish();
    const rows = await rig.settle();
    const faults = code === 0 ? [] : [`publish: ${stderr}`];
    const remarks = Object.keys(watched).map((name, at) => {
      const [slope, last] = [slopeOf(samples[at] ?? []), samples[at]?.at(-1)?.megabytes ?? 0];
      const text = `${name}: ${last.toFixed(0)} MB, ${slope.toFixed(2)} MB per minute`;
      if (slope > FLAT_MB_A_MINUTE) faults.push(`${text}, wanted ${FLAT_MB_A_MINUTE} at most`);
      return text;
    });
    return { rows, faults, remarks };
  },
};

async function sampleFor(
  ms: number,
  pids: readonly number[],
  say: (text: string) => void,
): Promise<Sample[][]> {
  const samples: Sample[][] = pids.map(() => []);
  const startedAt = performance.now();
  for (let count = 1; performance.now() - startedAt < ms; count++) {
    await sleep(SAMPLE_EVERY_MS);
    const minutes = (performance.now() - startedAt) / 60_000;
    const megabytes = await Promise.all(pids.map(residentMegabytes));
    megabytes.forEach((each, at) => samples[at]?.push({ minutes, megabytes: each }));
    if (count % 15 === 0) say(`resident: ${megabytes.map((mb) => mb.toFixed(0)).join(", ")} MB`);
  }
  return samples;
}

async function residentMegabytes(pid: number): Promise<number> {
  return (await memoryOf(pid)).resident / MEGABYTE;
}

/**
 * Megabytes per minute: the median slope over all pairs of samples. A heap that grows by one step
 * and is flat before and after has slope 0; a leak grows between any two samples.
 */
function slopeOf(samples: readonly Sample[]): number {
  const warm = samples.slice(Math.floor(samples.length * WARM_AFTER));
  const slopes = warm.flatMap((later, at) =>
    warm.slice(0, at).map((earlier) =>
      (later.megabytes - earlier.megabytes) / (later.minutes - earlier.minutes)
    )
  );
  slopes.sort((a, b) => a - b);
  return slopes[Math.floor(slopes.length / 2)] ?? 0;
}

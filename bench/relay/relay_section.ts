import type { LoadOptions } from "../load.ts";
import type { NativePrograms } from "../native.ts";
import { interleave, RelayBench, type RelayEffort, type RelayFigures } from "./relay_bench.ts";
import { rowOf, type RowSpec, type Section, type Wanted } from "../report.ts";
import { type RunningRelay, startBareRelay, startProxy, startServe } from "./running_relay.ts";

/** The load of every relay under measurement. */
export const LOAD: LoadOptions = { eventBytes: 250, highWaterMark: 50_000, window: 2_000 };

/** The service's relay compared with `zmq_proxy`. */
export async function measureRelay(
  directory: string,
  programs: NativePrograms,
  effort: RelayEffort,
): Promise<Section> {
  const mark = LOAD.highWaterMark;
  const sides = [await startServe(directory, mark)];
  sides.push(await startProxy(programs.proxy, directory, mark));
  const [ours, proxy] = await measureSides(sides, programs, effort);
  const peer = ["zmq_proxy", proxy] as const;
  const wanted = { rate: { minRatio: 1.3 }, cpu: { maxRatio: 0.6 } };
  const specs = [...floodSpecs(ours, peer, wanted), ...pacedSpecs(ours, peer)];
  const described = sides.map(({ description }) => description).join(" beside ");
  return { title: titleOf(described, effort), rows: specs.map(rowOf) };
}

/** The bare relay with positions compared with the bare relay without. */
export async function measurePositions(
  directory: string,
  programs: NativePrograms,
  effort: RelayEffort,
): Promise<Section> {
  const mark = LOAD.highWaterMark;
  const sides = [await startBareRelay("positioned", directory, mark)];
  sides.push(await startBareRelay("plain", directory, mark));
  const [positioned, plain] = await measureSides(sides, programs, effort);
  const specs = priceSpecs(positioned, plain);
  return {
    title: titleOf("The relay with positions beside the same without", effort),
    rows: specs.map(rowOf),
  };
}

/** The service with a recorder compared with the same without. */
export async function measureRecorder(
  directory: string,
  programs: NativePrograms,
  effort: RelayEffort,
): Promise<Section> {
  const [recording, plain] = [`${directory}/recording`, `${directory}/plain`];
  for (const place of [recording, plain]) await Deno.mkdir(place);
  const flags = ["--set", `df.recorder_path=${recording}/recorder`];
  const mark = LOAD.highWaterMark;
  const sides = [await startServe(recording, mark, { flags }), await startServe(plain, mark)];
  const [ours, peer] = await measureSides(sides, programs, effort);
  const wanted = { rate: { minRatio: 0.85 }, cpu: { maxRatio: 1.1 } };
  return {
    title: titleOf("The relay with a recorder beside the same without", effort),
    rows: floodSpecs(ours, ["without a recorder", peer], wanted).map(rowOf),
  };
}

async function measureSides(
  sides: readonly RunningRelay[],
  programs: NativePrograms,
  effort: RelayEffort,
): Promise<[RelayFigures, RelayFigures]> {
  await using open = new AsyncDisposableStack();
  for (const { child } of sides) open.use(child);
  const benches = await Promise.all(
    sides.map((side) => RelayBench.start(side, programs.load, LOAD)),
  );
  for (const bench of benches) open.use(bench);
  await interleave(benches, effort);
  const [ours, peer] = benches;
  if (ours === undefined || peer === undefined) throw new RangeError("Two sides are wanted");
  return [ours.figures, peer.figures];
}

type Peer = readonly [name: string, figures: RelayFigures];

/** The targets of a flood. */
interface FloodTargets {
  readonly rate: Wanted;
  readonly cpu: Wanted;
}

function floodSpecs(ours: RelayFigures, [name, peer]: Peer, wanted: FloodTargets): RowSpec[] {
  return [
    {
      what: "relayed",
      unit: "events/s",
      ours: ours.eventsPerSecond,
      peer: [name, peer.eventsPerSecond],
      wanted: wanted.rate,
    },
    {
      what: "processor time",
      unit: "µs/event",
      ours: ours.cpuMicrosPerEvent,
      peer: [name, peer.cpuMicrosPerEvent],
      wanted: wanted.cpu,
    },
  ];
}

function pacedSpecs(ours: RelayFigures, [name, peer]: Peer): RowSpec[] {
  return [...ours.paced].flatMap(([rate, { p50Ms, p99Ms }]): RowSpec[] => {
    const other = peer.paced.get(rate);
    const at = `at ${rate.toLocaleString("en")}/s`;
    return [
      {
        what: `latency p50, ${at}`,
        unit: "ms",
        ours: p50Ms,
        peer: [name, other?.p50Ms ?? []],
        wanted: { maxRatio: 1 },
      },
      {
        what: `latency p99, ${at}`,
        unit: "ms",
        ours: p99Ms,
        peer: [name, other?.p99Ms ?? []],
        wanted: { maxRatio: 1.3 },
      },
    ];
  });
}

/** Positions may cost at most 15 % of rate and latency. */
function priceSpecs(positioned: RelayFigures, plain: RelayFigures): RowSpec[] {
  const peer: Peer = ["without positions", plain];
  const paced = pacedSpecs(positioned, peer).filter(({ what }) => what.includes("p50"));
  return [
    ...floodSpecs(positioned, peer, { rate: { minRatio: 0.85 }, cpu: { max: 3 } }),
    ...paced.map((spec) => ({ ...spec, wanted: { maxRatio: 1.15 } })),
  ];
}

function titleOf(sides: string, { rounds, floodEvents, paces }: RelayEffort): string {
  const paced = paces.map(({ events, rate }) => `, ${events} at ${rate}/s`).join("");
  return `${sides}; ${navigator.hardwareConcurrency} processors
${LOAD.eventBytes}-byte events; median (min..max) of ${rounds} interleaved rounds of \
${floodEvents} events${paced}; none was lost`;
}

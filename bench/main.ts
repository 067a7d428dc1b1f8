// Measures each part of the product, compared with a peer. README.md describes the measurements.
import { parseArgs } from "node:util";
import { messageOf } from "../drivers/contract/errors.ts";
import { type Effort, FULL, QUICK } from "./efforts.ts";
import { compileNative, type NativePrograms } from "./native.ts";
import { measureCold } from "./cold_section.ts";
import { measureCrowdMemory } from "./crowd_memory_bench.ts";
import { measureEtcd } from "./etcd/bench.ts";
import { measureFanOut } from "./fan_out_bench.ts";
import { measureFleet } from "./fleet/fleet_section.ts";
import { measureMemory } from "./memory_bench.ts";
import { measureNb } from "./nb_bench.ts";
import { measurePollingRelay } from "./relay/polling_relay_bench.ts";
import { measureRedis } from "./redis/bench.ts";
import { measurePositions, measureRecorder, measureRelay } from "./relay/relay_section.ts";
import { type Section, sectionText } from "./report.ts";
import { measureReplay } from "./relay/replay_bench.ts";
import { measureRest } from "./rest_bench.ts";
import { measureStreams } from "./stream_bench.ts";
import { measureTables } from "./table_bench.ts";
import { measureTls } from "./tls/tls_bench.ts";
import { measureTopics } from "./topics_bench.ts";

// The measured programs inherit these variables: the machine's own configuration must not affect
// them.
Deno.env.set("DF_PUBSUB_CONFIG", "/dev/null");

interface Place {
  /** Options of this part only. */
  readonly directory: string;
  readonly programs: NativePrograms;
  readonly effort: Effort;
}

/** The parts by their names for `--only`, in the order of the report. */
const PARTS: Readonly<Record<string, (place: Place) => Promise<Section>>> = {
  relay: ({ directory, programs, effort }) => measureRelay(directory, programs, effort.relay),
  positions: ({ directory, programs, effort }) =>
    measurePositions(directory, programs, effort.positions),
  recorder: ({ directory, programs, effort }) =>
    measureRecorder(directory, programs, effort.recorder),
  replay: ({ directory, effort }) => measureReplay(directory, effort.replay),
  polls: ({ directory, programs, effort }) =>
    measurePollingRelay(directory, programs, effort.polls),
  fanout: ({ directory, programs, effort }) => measureFanOut(directory, programs, effort.fanOut),
  fleet: ({ directory, programs, effort }) => measureFleet(directory, programs, effort.fleet),
  rest: ({ directory, programs, effort }) => measureRest(directory, programs, effort.rest),
  topics: ({ directory, programs, effort }) => measureTopics(directory, programs, effort.topics),
  streams: ({ directory, programs, effort }) => measureStreams(directory, programs, effort.streams),
  nb: ({ directory, programs, effort }) => measureNb(directory, programs, effort.nb),
  tables: ({ directory, effort }) => measureTables(directory, effort.tables),
  memory: ({ directory, programs, effort }) => measureMemory(directory, programs, effort.memory),
  crowd: ({ directory, programs, effort }) => measureCrowdMemory(directory, programs, effort.crowd),
  cold: ({ directory, effort }) => measureCold(directory, effort.cold),
  tls: ({ directory, programs, effort }) => measureTls(directory, programs, effort.tls),
  redis: ({ directory, programs, effort }) => measureRedis(directory, programs, effort.redis),
  etcd: ({ directory, effort }) => measureEtcd(directory, effort.etcd),
};

interface Flags {
  readonly json?: boolean;
  readonly quick?: boolean;
  readonly only?: readonly string[];
}

function flagsOf(args: readonly string[]): Flags {
  return parseArgs({
    // The arguments after `deno task bench -- --json` begin with the two dashes.
    args: args.filter((arg) => arg !== "--"),
    options: {
      json: { type: "boolean" },
      quick: { type: "boolean" },
      only: { type: "string", multiple: true },
    },
  }).values;
}

/** @throws {TypeError} */
function wantedParts(names: readonly string[] = Object.keys(PARTS)): string[] {
  const unknown = names.find((name) => PARTS[name] === undefined);
  if (unknown === undefined) return [...names];
  throw new TypeError(`Flag --only: "${unknown}", wanted one of ${Object.keys(PARTS).join(", ")}`);
}

/** Prints each table when it is done, or all of them as JSON at the end. */
async function run(flags: Flags, root: string): Promise<void> {
  const names = wantedParts(flags.only);
  const programs = await compileNative(root);
  const sections: Record<string, Section> = {};
  for (const name of names) {
    const directory = `${root}/${name}`;
    await Deno.mkdir(directory);
    const section = await PARTS[name]?.({
      directory,
      programs,
      effort: flags.quick ? QUICK : FULL,
    });
    if (section === undefined) continue;
    sections[name] = section;
    if (!flags.json) console.log(`${sectionText(section)}\n`);
  }
  if (flags.json) console.log(JSON.stringify(sections, null, 2));
}

const root = await Deno.makeTempDir({ prefix: "df-pubsub-bench-" });
try {
  await run(flagsOf(Deno.args), root);
} catch (error) {
  console.error(messageOf(error));
  Deno.exitCode = 1;
} finally {
  await Deno.remove(root, { recursive: true });
}

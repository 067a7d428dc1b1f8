import { timeColdStarts } from "./cold_start.ts";
import {
  bundledProgram,
  type CommandLine,
  compiledProgram,
  type Program,
  type ShippedProgram,
  SOURCES,
} from "./program.ts";
import { type Row, rowOf, type RowSpec, type Section } from "./report.ts";
import { serveFlags, startServe } from "./relay/running_relay.ts";

/** How many times the commands are started. */
export interface ColdEffort {
  readonly rounds: number;
}

const MARK = 1_000;
const EVENT = ["--table", "lport", "--key", "port-1", "--action", "set", "--value", "{}"];
const MAX_PUBLISH_RATIO = 3;
const MAX_VERSION_RATIO = 2;

/** Cold starts of `publish` with one event and of `--version`, compared with an empty program. */
export async function measureCold(directory: string, { rounds }: ColdEffort): Promise<Section> {
  const bundled = await bundledProgram(directory);
  const compiled = await compiledProgram(directory);
  const relay = await startServe(directory, MARK, { program: bundled });
  await using open = new AsyncDisposableStack();
  open.use(relay.child);
  const publish = ["publish", ...serveFlags(directory, MARK), ...EVENT];
  const rows = [...await shippedRows(bundled, publish, rounds)];
  if (compiled !== undefined) rows.push(...await shippedRows(compiled, publish, rounds));
  rows.push(await sourcesRow(bundled.empty, publish, rounds));
  const title = `A cold start: what the executable is compiled from, run by Deno \
${Deno.version.deno} with the flags it is compiled with
median (min..max) of ${rounds} interleaved rounds`;
  return { title, rows };
}

async function shippedRows(
  program: ShippedProgram,
  publish: readonly string[],
  rounds: number,
): Promise<Row[]> {
  const commands = [program.empty, withArgs(program, publish), withArgs(program, ["--version"])];
  const [empty = [], published = [], version = []] = await timeColdStarts(commands, rounds);
  const beside = { unit: "ms", peer: ["an empty program, the same way", empty] } as const;
  const specs: RowSpec[] = [
    {
      what: `publish one event ${program.name}`,
      ours: published,
      wanted: { maxRatio: MAX_PUBLISH_RATIO },
      ...beside,
    },
    {
      what: `--version ${program.name}`,
      ours: version,
      wanted: { maxRatio: MAX_VERSION_RATIO },
      ...beside,
    },
  ];
  return specs.map(rowOf);
}

async function sourcesRow(
  empty: CommandLine,
  publish: readonly string[],
  rounds: number,
): Promise<Row> {
  const [peer = [], ours = []] = await timeColdStarts([empty, withArgs(SOURCES, publish)], rounds);
  const what = `publish one event ${SOURCES.name}`;
  return rowOf({ what, unit: "ms", ours, peer: ["an empty program", peer] });
}

function withArgs({ command: [program, ...first] }: Program, args: readonly string[]): CommandLine {
  return [program, ...first, ...args];
}
